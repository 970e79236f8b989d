/** The operator's console: what is on sale and how it goes, and the levers. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Account, EventSummary } from '../../../../shared/protocol/http.ts';
import { LoginForm } from '../account/login-page.tsx';
import { api } from '../api.ts';
import { formatCount, formatDay } from '../format.ts';
import { Callout, Failure, Loading } from '../parts/notices.tsx';
import { useTitle } from '../parts/title.ts';
import { session } from '../session.ts';
import { useLoaded, useStore } from '../store.ts';
import '../styles/operator.css';
import { words } from '../words.ts';
import { Levers } from './levers.tsx';
import { NewEvent } from './new-event.tsx';

const REFRESH_MS = 2_000;

export function OperatorPage(): JSX.Element {
  useTitle(words.operator.title);
  const { account } = useStore(session);
  if (account?.role !== 'operator') {
    return (
      <div class="page narrow stack">
        {account && <Callout tone="warn">{words.operator.notOperator}</Callout>}
        <LoginForm title={words.operator.loginTitle} onDone={() => {}} />
      </div>
    );
  }
  return <Console />;
}

async function loadAll(): Promise<readonly EventSummary[]> {
  const events: EventSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.events({ limit: 100, ...(cursor !== undefined && { cursor }) });
    events.push(...page.events);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && events.length < 500);
  return events;
}

function Console(): JSX.Element {
  const events = useLoaded(loadAll, 'all');
  const [chosen, setChosen] = useState<number | undefined>();
  const [isMaking, setMaking] = useState(false);
  const { reload } = events;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  // What is shown here anybody may see; whether the cookie still makes an operator, the house is asked.
  useEffect(() => {
    api.http.get<Account>('/auth/me').then(
      (account) => session.begin(account),
      (error: { status?: number }) => error.status === 401 && session.forget(),
    );
  }, []);
  if (events.state === 'failed') return <Failure error={events.error} onRetry={reload} />;
  if (events.state === 'loading') return <Loading />;
  return (
    <div class="page operator">
      <div class="page-head">
        <h1>{words.operator.title}</h1>
        <span class="row">
          <button
            type="button"
            class="button button-small button-primary"
            onClick={() => setMaking(!isMaking)}
          >
            {words.operator.create}
          </button>
          <button type="button" class="button button-small" onClick={() => void session.end()}>
            {words.nav.logout}
          </button>
        </span>
      </div>
      {isMaking && (
        <NewEvent
          onMade={(eventId) => {
            setMaking(false);
            setChosen(eventId);
            reload();
          }}
        />
      )}
      <div class="table-scroll card">
        <table class="events-table">
          <thead>
            <tr>
              <th scope="col">{words.operator.event}</th>
              <th scope="col">{words.operator.state}</th>
              <th scope="col" class="num">
                {words.operator.available}
              </th>
              <th scope="col" class="num">
                {words.operator.locked}
              </th>
              <th scope="col" class="num">
                {words.operator.sold}
              </th>
              <th scope="col" class="num">
                {words.operator.waiting}
              </th>
              <th scope="col" class="num">
                {words.operator.inside}
              </th>
              <th scope="col">{words.operator.sellThrough}</th>
            </tr>
          </thead>
          <tbody>
            {events.value.map((event) => (
              <EventLine
                key={event.eventId}
                event={event}
                isChosen={event.eventId === chosen}
                onChoose={() => setChosen(event.eventId === chosen ? undefined : event.eventId)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {chosen !== undefined && <Levers key={chosen} eventId={chosen} onDone={reload} />}
    </div>
  );
}

function EventLine({
  event,
  isChosen,
  onChoose,
}: {
  event: EventSummary;
  isChosen: boolean;
  onChoose: () => void;
}): JSX.Element {
  const { available, locked, sold, blocked, total } = event.seats;
  const share = sold / Math.max(1, total - blocked);
  return (
    <tr class={isChosen ? 'is-chosen' : ''}>
      <th scope="row">
        <div>
          <button type="button" class="link" onClick={onChoose} aria-expanded={isChosen}>
            {event.name}
          </button>
          <span class="small muted">
            #{event.eventId} · {event.venue} · {formatDay(event.startsAtMs)}
          </span>
        </div>
      </th>
      <td>
        <span class={`badge badge-${event.status}`}>{words.events.status[event.status]}</span>
      </td>
      <td class="num">{formatCount(available)}</td>
      <td class="num">{formatCount(locked)}</td>
      <td class="num">{formatCount(sold)}</td>
      <td class="num">{formatCount(event.line.waiting)}</td>
      <td class="num">{formatCount(event.line.inside)}</td>
      <td>
        <span class="sell-through">
          <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
        <span class="small muted">{(share * 100).toFixed(1)} %</span>
      </td>
    </tr>
  );
}
