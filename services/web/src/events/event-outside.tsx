/** What an event is, to somebody who has not joined its line, or is no longer in it. */
import type { JSX } from 'preact';
import type { EventDetails } from '../../../../shared/protocol/http.ts';
import { serverNowMs } from '../clock.ts';
import { formatDayLong, formatMoment, formatPrice, formatTime } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Callout } from '../parts/notices.tsx';
import { Poster } from '../parts/poster.tsx';
import { useTick } from '../store.ts';
import { Countdown } from '../waiting-room/countdown.tsx';
import { refusal, words } from '../words.ts';
import { Availability, isFewLeft } from './availability.tsx';
import type { Visit } from './visit.ts';

export function EventOutside({ event, visit }: { event: EventDetails; visit: Visit }): JSX.Element {
  const { min, max } = event.priceMinor;
  const price = (minor: number) => formatPrice(minor, event.currency);
  return (
    <div class="page event-page">
      <div class="event-banner card">
        <Poster seed={event.eventId} shape="wide" />
        <div class="event-banner-text">
          <span class={`badge badge-${isFewLeft(event) ? 'few' : event.status}`}>
            {isFewLeft(event) ? words.events.fewLeft : words.events.status[event.status]}
          </span>
          <h1>{event.name}</h1>
        </div>
      </div>
      <div class="event-columns">
        <div class="stack">
          <dl class="facts">
            <div>
              <Icon name="clock" />
              <dt class="visually-hidden">Time</dt>
              <dd>
                <b>{formatDayLong(event.startsAtMs)}</b>
                <span class="muted">{formatTime(event.startsAtMs)}</span>
              </dd>
            </div>
            <div>
              <Icon name="pin" />
              <dt class="visually-hidden">Venue</dt>
              <dd>
                <b>{event.venue}</b>
              </dd>
            </div>
            <div>
              <Icon name="ticket" />
              <dt class="visually-hidden">{words.event.prices}</dt>
              <dd>
                <b>{min === max ? price(min) : `${price(min)} – ${price(max)}`}</b>
                <span class="muted">{words.event.limit(event.onSale.seatsPerVisitorMax)}</span>
              </dd>
            </div>
          </dl>
          <ol class="how">
            {words.event.how.map(([title, text]) => (
              <li key={title}>
                <b>{title}</b>
                <span class="muted">{text}</span>
              </li>
            ))}
          </ol>
        </div>
        <JoinCard event={event} visit={visit} />
      </div>
    </div>
  );
}

function JoinCard({ event, visit }: { event: EventDetails; visit: Visit }): JSX.Element {
  const { state } = visit;
  const { status, onSale } = event;
  const joinable = status === 'open' || status === 'lobby' || status === 'paused';
  const again = (state.phase === 'outside' && state.why !== undefined) || state.phase === 'over';
  const busy = state.phase === 'outside' && state.busy === true;
  return (
    <aside class="card join-card stack">
      {state.phase === 'over' && (
        <Callout tone={state.why === 'revoked' ? 'warn' : 'info'}>
          <b>{words.over[`${state.why}Title`]}</b>
          {state.why !== 'revoked' && <p>{words.over[`${state.why}Text`]}</p>}
        </Callout>
      )}
      {state.phase === 'outside' && state.why && <Callout>{words.event[state.why]}</Callout>}
      {state.phase === 'outside' && state.error !== undefined && (
        <Callout tone="bad">{refusal(state.error)}</Callout>
      )}
      <Availability event={event} />
      {(status === 'scheduled' || status === 'lobby') && <Opening event={event} />}
      {onSale.message !== '' && <Callout>{onSale.message}</Callout>}
      <button
        type="button"
        class="button button-primary button-large"
        disabled={!joinable || busy}
        onClick={() => void visit.join()}
      >
        {busy ? <span class="spinner" aria-hidden="true" /> : <Icon name="ticket" />}
        {joinable && again ? words.event.joinAgain : words.event.join[status]}
      </button>
      {state.phase === 'outside' && state.checking && (
        <p class="small muted" role="status">
          {words.event.checking}
        </p>
      )}
      {status === 'lobby' && <p class="small muted">{words.event.lobbyNote}</p>}
      {status === 'sold_out' && <p class="small muted">{words.event.soldOutNote}</p>}
    </aside>
  );
}

function Opening({ event }: { event: EventDetails }): JSX.Element | null {
  useTick(1_000);
  const { opensAtMs, lobbyOpensAtMs } = event.onSale;
  if (opensAtMs === null) return null;
  const now = serverNowMs();
  return (
    <div class="stack-tight">
      <p class="small muted">{words.event.onSaleAt(formatMoment(opensAtMs))}</p>
      <Countdown ms={opensAtMs - now} />
      {event.status === 'scheduled' && lobbyOpensAtMs !== null && (
        <p class="small muted">{words.event.lobbyAt(formatMoment(lobbyOpensAtMs))}</p>
      )}
    </div>
  );
}
