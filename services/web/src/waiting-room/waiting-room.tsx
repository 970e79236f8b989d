/** The waiting room: the visitor's place, how long it may take, and what is going on. */
import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Place } from '../../../../shared/domain/place.ts';
import type { Board, EventDetails } from '../../../../shared/protocol/http.ts';
import { serverNowMs } from '../clock.ts';
import type { VisitState } from '../events/visit.ts';
import { formatCount, formatCountdown, formatDay, formatMoment, formatTime } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Callout } from '../parts/notices.tsx';
import { Poster } from '../parts/poster.tsx';
import { useTick } from '../store.ts';
import { refusal, words } from '../words.ts';
import { Countdown } from './countdown.tsx';

type Line = Extract<VisitState, { phase: 'line' }>;
type Entering = Extract<VisitState, { phase: 'entering' }>;

export function WaitingRoom({
  event,
  state,
  onLeave,
}: {
  event: EventDetails;
  state: Line;
  onLeave: () => void;
}): JSX.Element {
  const { place, board } = state;
  return (
    <Room event={event}>
      {board?.message && (
        <Callout>
          <span class="small muted">{words.line.operator}</span>
          <p>{board.message}</p>
        </Callout>
      )}
      {place.state === 'lobby' ? (
        <Lobby place={place} board={board} />
      ) : (
        <Waiting place={place} board={board} />
      )}
      {state.offline && <Callout tone="warn">{words.line.offline}</Callout>}
      {board && <Figures board={board} lobby={place.state === 'lobby'} />}
      <p class="small muted">{words.line.stay}</p>
      <LeaveButton onLeave={onLeave} />
    </Room>
  );
}

function Room({ event, children }: { event: EventDetails; children: ComponentChildren }): JSX.Element {
  return (
    <div class="room">
      <div class="room-art">
        <Poster seed={event.eventId} shape="wide" />
      </div>
      <div class="card room-card stack">
        <header class="room-event">
          <b>{event.name}</b>
          <span class="muted small">
            {event.venue} · {formatDay(event.startsAtMs)}, {formatTime(event.startsAtMs)}
          </span>
        </header>
        {children}
      </div>
    </div>
  );
}

function Lobby({ place, board }: { place: Place; board: Board | undefined }): JSX.Element {
  useTick(500);
  const opensAtMs = board?.opensAtMs ?? null;
  const left = opensAtMs === null ? undefined : opensAtMs - serverNowMs();
  return (
    <section class="place" aria-live="polite">
      <h1>{words.line.lobbyTitle}</h1>
      <p class="muted">{words.line.lobbyText}</p>
      {left !== undefined && (
        <div class="place-stub">
          <span class="small muted">{left > 0 ? words.line.opensIn : words.line.opening}</span>
          {left > 0 ? <Countdown ms={left} /> : <span class="spinner" aria-hidden="true" />}
          {opensAtMs !== null && <span class="small muted">{formatMoment(opensAtMs)}</span>}
        </div>
      )}
      {place.number > 0 && <span class="visually-hidden">{words.line.number(place.number)}</span>}
    </section>
  );
}

function Waiting({ place, board }: { place: Place; board: Board | undefined }): JSX.Element {
  const state = board?.state;
  const title =
    state === 'paused'
      ? words.line.pausedTitle
      : state === 'sold_out'
        ? words.line.soldOutTitle
        : state === 'closed'
          ? words.line.closedTitle
          : words.line.waitingTitle;
  const text =
    state === 'paused'
      ? words.line.pausedText
      : state === 'sold_out'
        ? words.line.soldOutText
        : state === 'closed'
          ? words.line.closedText
          : undefined;
  return (
    <section class="place">
      <h1 aria-live="polite">{title}</h1>
      {text && <p class="muted">{text}</p>}
      <div class="place-stub">
        <span class="small muted">{words.line.yourPlace}</span>
        <strong class="place-number">{place.position === null ? '–' : formatCount(place.position)}</strong>
        <span class="small muted">
          {place.position !== null && words.line.ahead(place.position)} · {words.line.number(place.number)}
        </span>
        <Progress place={place} still={state === 'paused'} />
        <dl class="waits">
          <div>
            <dt class="small muted">{words.line.estimate}</dt>
            <dd>
              <b>
                {place.estimatedWaitMs === null
                  ? words.line.noEstimate
                  : words.line.about(place.estimatedWaitMs)}
              </b>
            </dd>
          </div>
          {place.latestWaitMs !== null && (
            <div>
              <dt class="small muted">{words.line.latest}</dt>
              <dd>{words.line.latestIn(place.latestWaitMs)}</dd>
            </div>
          )}
        </dl>
      </div>
    </section>
  );
}

/** How far the visitor has come since this page first saw its place. */
function Progress({ place, still }: { place: Place; still: boolean }): JSX.Element {
  const first = useRef(place.position ?? 1);
  if (place.position !== null && place.position > first.current) first.current = place.position;
  const position = place.position ?? 0;
  // Never empty and never full while waiting: somebody who just came and somebody who is next both see a way.
  const share = Math.max(0.04, Math.min(0.96, 1 - (position - 0.5) / (first.current + 0.5)));
  return (
    <div
      class={`progress ${still ? 'progress-still' : ''}`}
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-label={words.line.yourPlace}
    >
      <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
    </div>
  );
}

function Figures({ board, lobby }: { board: Board; lobby: boolean }): JSX.Element {
  return (
    <dl class="figures">
      <div>
        <dt>{lobby ? words.line.inLobby : words.line.waiting}</dt>
        <dd>{formatCount(board.waiting)}</dd>
      </div>
      {!lobby && (
        <div>
          <dt>{words.line.inside}</dt>
          <dd>{formatCount(board.inside)}</dd>
        </div>
      )}
      <div>
        <dt>{words.line.freeSeats}</dt>
        <dd>{formatCount(board.availableSeats)}</dd>
      </div>
    </dl>
  );
}

function LeaveButton({ onLeave }: { onLeave: () => void }): JSX.Element {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button type="button" class="button button-quiet" onClick={() => setAsked(true)}>
        {words.line.leave}
      </button>
    );
  }
  return (
    <fieldset class="confirm">
      <legend class="small">{words.line.leaveSure}</legend>
      <button type="button" class="button" onClick={() => setAsked(false)}>
        {words.line.stayHere}
      </button>
      <button type="button" class="button button-danger" onClick={onLeave}>
        {words.line.leave}
      </button>
    </fieldset>
  );
}

export function YourTurn({
  event,
  state,
  onEnter,
}: {
  event: EventDetails;
  state: Entering;
  onEnter: () => void;
}): JSX.Element {
  useTick(500);
  const left = state.claimByMs === null ? undefined : state.claimByMs - serverNowMs();
  return (
    <Room event={event}>
      <section class="place turn" role="alert">
        <span class="turn-light">
          <Icon name="check" size={36} />
        </span>
        <h1>{words.line.calledTitle}</h1>
        {state.error === undefined ? (
          <p class="muted">{words.line.calledText}</p>
        ) : (
          <>
            <Callout tone="warn">
              {words.line.enterFailed} {refusal(state.error)}
            </Callout>
            <button type="button" class="button button-primary button-large" onClick={onEnter}>
              {words.line.calledManual}
            </button>
          </>
        )}
        {left !== undefined && left > 0 && (
          <p class="small muted">{words.line.claimBy(formatCountdown(left))}</p>
        )}
      </section>
    </Room>
  );
}
