/** Prices by colour, and what the shapes of seats mean. */
import type { JSX } from 'preact';
import { formatPrice } from '../format.ts';
import { words } from '../words.ts';
import type { SeatRoom } from './seat-room.ts';

export function Legend({ room }: { room: SeatRoom }): JSX.Element {
  return (
    <>
      <ul class="legend legend-prices" aria-label={words.map.legend}>
        {room.scene.categoriesInUse.map((category) => (
          <li key={category.id}>
            <span class="dot" style={{ '--color': category.color }} />
            <span>{category.name}</span>
            <b>{formatPrice(category.priceMinor, room.map.currency)}</b>
          </li>
        ))}
      </ul>
      <ul class="legend legend-states">
        <li>
          <svg viewBox="-8 -8 16 16" aria-hidden="true" class="sample">
            <circle r="6.5" class="sample-own" />
            <path d="M-2.8 .2-.6 2.4 3.1-2.2" class="sample-check" />
          </svg>
          {words.map.own}
        </li>
        <li>
          <svg viewBox="-8 -8 16 16" aria-hidden="true" class="sample sample-locked">
            <circle r="6" />
            <path d="M-4 4 4-4M-5.7 .5 .5-5.7M-.5 5.7 5.7-.5" />
          </svg>
          {words.map.locked}
        </li>
        <li>
          <svg viewBox="-8 -8 16 16" aria-hidden="true" class="sample sample-sold">
            <path d="M-3-3 3 3M3-3-3 3" />
          </svg>
          {words.map.sold}
        </li>
      </ul>
    </>
  );
}
