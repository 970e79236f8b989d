/** An event's page: its facts outside, then the line, then the seat map, as the visit goes. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { EventDetails } from '../../../../shared/protocol/http.ts';
import { api } from '../api.ts';
import { Lazy } from '../parts/lazy.tsx';
import { Failure, Loading } from '../parts/notices.tsx';
import { useTitle } from '../parts/title.ts';
import { navigate } from '../router.ts';
import { useLoaded, useStore } from '../store.ts';
import { WaitingRoom, YourTurn } from '../waiting-room/waiting-room.tsx';
import { words } from '../words.ts';
import { EventOutside } from './event-outside.tsx';
import { Visit } from './visit.ts';

const loadRoom = () => import('../seat-map/room-page.tsx').then((module) => module.RoomPage);

/** How often the counts are asked for again while a visitor reads the event's facts. */
const REFRESH_MS = 10_000;

export function EventPage({ eventId }: { eventId: number }): JSX.Element {
  const event = useLoaded(() => api.event(eventId), eventId);
  const visit = useStore(useMemo(() => new Visit(eventId), [eventId]));
  useEffect(() => {
    void visit.begin();
    return () => visit.end();
  }, [visit]);

  const outside = visit.state.phase === 'outside' || visit.state.phase === 'over';
  const { reload } = event;
  const loadedAtMs = useRef(Date.now());
  useEffect(() => {
    if (!outside) return;
    // Whoever comes back out of the line or the room wants to see what is left now.
    if (Date.now() - loadedAtMs.current > REFRESH_MS) reload();
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [outside]);

  if (event.state === 'failed') return <Failure error={event.error} onRetry={event.reload} />;
  if (event.state === 'loading' || visit.state.phase === 'loading') return <Loading />;
  return <Phase event={event.value} visit={visit} />;
}

function Phase({ event, visit }: { event: EventDetails; visit: Visit }): JSX.Element {
  const { state } = visit;
  useTitle(
    state.phase === 'entering'
      ? `● ${words.line.calledTitle}`
      : state.phase === 'line' && state.place.position !== null
        ? `${state.place.position} · ${event.name}`
        : event.name,
  );
  switch (state.phase) {
    case 'line':
      return <WaitingRoom event={event} state={state} onLeave={() => void visit.leaveLine()} />;
    case 'entering':
      return <YourTurn event={event} state={state} onEnter={() => void visit.enter(state.claimByMs)} />;
    case 'inside':
      return (
        <Lazy
          load={loadRoom}
          props={{
            event,
            admission: state.admission,
            onOver: (why: 'ended' | 'revoked' | 'left') => visit.leaveRoom(why),
            onBought: (orderId: string) => navigate(`/orders/${orderId}`, 'replace'),
          }}
        />
      );
    default:
      return <EventOutside event={event} visit={visit} />;
  }
}
