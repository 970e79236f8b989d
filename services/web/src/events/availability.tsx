/** How full an event is, at a glance. */
import type { JSX } from 'preact';
import type { EventSummary } from '../../../../shared/protocol/http.ts';
import { words } from '../words.ts';

/** Below this share of free seats an event is told to have few left. */
const FEW = 0.1;

/** Whether to say that there are few seats left. */
export function isFewLeft({ status, seats }: Pick<EventSummary, 'status' | 'seats'>): boolean {
  const sellable = seats.total - seats.blocked;
  return status === 'open' && seats.available > 0 && seats.available < sellable * FEW;
}

export function Availability({
  event,
}: {
  event: Pick<EventSummary, 'seats' | 'line' | 'status'>;
}): JSX.Element {
  const { available, locked, sold, blocked, total } = event.seats;
  const sellable = Math.max(1, total - blocked);
  const percent = (count: number) => `${((100 * count) / sellable).toFixed(2)}%`;
  return (
    <div class="availability">
      <div class="bar" aria-hidden="true">
        {sold > 0 && <span class="bar-sold" style={{ width: percent(sold) }} />}
        {locked > 0 && <span class="bar-locked" style={{ width: percent(locked) }} />}
        {available > 0 && <span class="bar-free" style={{ width: percent(available) }} />}
      </div>
      <p class="small muted">
        <span>{words.events.available(available, sellable)}</span>
        {event.line.waiting > 0 && <span>{words.events.waiting(event.line.waiting)}</span>}
      </p>
    </div>
  );
}
