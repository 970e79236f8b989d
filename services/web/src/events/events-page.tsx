/** The front page: what is on, what it costs and what is left. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventSummary } from '../../../../shared/protocol/http.ts';
import { api } from '../api.ts';
import { formatDay, formatPrice, formatTime } from '../format.ts';
import { DateBlock } from '../parts/date-block.tsx';
import { Icon } from '../parts/icons.tsx';
import { Failure, Loading } from '../parts/notices.tsx';
import { Poster } from '../parts/poster.tsx';
import { useTitle } from '../parts/title.ts';
import { words } from '../words.ts';
import { Availability, isFewLeft } from './availability.tsx';

/** How often the counts are asked for again while the page is looked at. */
const REFRESH_MS = 10_000;
const SEARCH_PAUSE_MS = 250;

export function EventsPage(): JSX.Element {
  useTitle(undefined);
  const [q, setQ] = useState('');
  const { events, more, error, loadMore, retry } = useEvents(q);
  return (
    <div class="page">
      <section class="hero">
        <h1>{words.events.headline}</h1>
        <p>{words.tagline}</p>
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">{words.events.search}</span>
          <input
            type="search"
            placeholder={words.events.search}
            value={q}
            onInput={(event) => setQ(event.currentTarget.value)}
          />
        </label>
      </section>
      {error !== undefined && events === undefined && <Failure error={error} onRetry={retry} />}
      {events === undefined && error === undefined && <Loading />}
      {events?.length === 0 && <p class="empty">{q === '' ? words.events.noneYet : words.events.none}</p>}
      <ul class="event-grid">
        {events?.map((event) => (
          <li key={event.eventId}>
            <EventCard event={event} />
          </li>
        ))}
      </ul>
      {more && (
        <p class="centred">
          <button type="button" class="button" onClick={loadMore}>
            {words.events.more}
          </button>
        </p>
      )}
    </div>
  );
}

function EventCard({ event }: { event: EventSummary }): JSX.Element {
  const { min, max } = event.priceMinor;
  const price = formatPrice(min, event.currency);
  const buyable = event.status === 'open' || event.status === 'lobby' || event.status === 'paused';
  return (
    <a class="card event-card" href={`/e/${event.eventId}`}>
      <div class="event-art">
        <Poster seed={event.eventId} />
        <DateBlock atMs={event.startsAtMs} />
        <span class={`badge badge-${isFewLeft(event) ? 'few' : event.status}`}>
          {isFewLeft(event) ? words.events.fewLeft : words.events.status[event.status]}
        </span>
      </div>
      <div class="event-body">
        <h2>{event.name}</h2>
        <p class="muted">
          {event.venue}
          <br />
          {formatDay(event.startsAtMs)}, {formatTime(event.startsAtMs)}
        </p>
        <Availability event={event} />
        <div class="event-foot">
          <span class="price">{min === max ? price : words.events.from(price)}</span>
          <span class={buyable ? 'button button-primary' : 'button'}>
            {words.events.action[event.status]}
          </span>
        </div>
      </div>
    </a>
  );
}

function useEvents(q: string) {
  const [pages, setPages] = useState(1);
  const [found, setFound] = useState<{ events?: readonly EventSummary[]; more: boolean; error?: unknown }>({
    more: false,
  });
  const [round, setRound] = useState(0);
  const first = useRef(true);
  useEffect(() => {
    let current = true;
    const load = async () => {
      try {
        const events: EventSummary[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < pages; page++) {
          const answer = await api.events({ q, limit: 24, ...(cursor !== undefined && { cursor }) });
          events.push(...answer.events);
          cursor = answer.nextCursor ?? undefined;
          if (cursor === undefined) break;
        }
        if (current) setFound({ events, more: cursor !== undefined });
      } catch (error) {
        if (current) setFound((old) => ({ ...old, error }));
      }
    };
    const start = setTimeout(load, first.current ? 0 : SEARCH_PAUSE_MS);
    first.current = false;
    const timer = setInterval(() => document.visibilityState === 'visible' && void load(), REFRESH_MS);
    return () => {
      current = false;
      clearTimeout(start);
      clearInterval(timer);
    };
  }, [q, pages, round]);
  return {
    ...found,
    loadMore: () => setPages((count) => count + 1),
    retry: () => setRound((count) => count + 1),
  };
}
