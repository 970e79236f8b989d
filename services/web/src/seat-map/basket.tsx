/** The chosen seats, what they cost, and how long they are kept. */
import type { JSX } from 'preact';
import { serverNowMs } from '../clock.ts';
import { formatCountdown, formatPrice } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { useTick } from '../store.ts';
import { words } from '../words.ts';
import type { SeatRoom } from './seat-room.ts';

/** From here on the timer warns. */
const SHORT_MS = 60_000;

export type BasketLine = {
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  readonly color: string;
  readonly priceMinor: number;
  readonly seats: readonly number[];
};

/** Seats one by one, places that are alike as one line. */
export function basketLines(room: SeatRoom): BasketLine[] {
  const lines: BasketLine[] = [];
  const general = new Map<string, number[]>();
  for (const seat of [...(room.hold?.seats ?? [])].sort((a, b) => a - b)) {
    const { section, row, seat: facts, category } = room.scene.facts(seat);
    if (section.kind === 'general') {
      const places = general.get(section.id) ?? [];
      places.push(seat);
      general.set(section.id, places);
      continue;
    }
    const trait = facts?.trait ? ` · ${words.map[facts.trait]}` : '';
    lines.push({
      key: String(seat),
      title: words.map.sectionName(section.name),
      detail: words.map.rowSeat(row ?? '', facts?.label ?? '') + trait,
      color: category.color,
      priceMinor: category.priceMinor,
      seats: [seat],
    });
  }
  for (const seats of general.values()) {
    const { section, category } = room.scene.facts(seats[0]!);
    lines.push({
      key: section.id,
      title: `${seats.length} × ${section.name}`,
      detail: category.name,
      color: category.color,
      priceMinor: category.priceMinor * seats.length,
      seats,
    });
  }
  return lines;
}

export const totalMinor = (lines: readonly BasketLine[]): number =>
  lines.reduce((sum, { priceMinor }) => sum + priceMinor, 0);

export function BasketList({ room, isFixed = false }: { room: SeatRoom; isFixed?: boolean }): JSX.Element {
  const lines = basketLines(room);
  const price = (minor: number) => formatPrice(minor, room.map.currency);
  return (
    <ul class="basket">
      {lines.map((line) => (
        <li key={line.key}>
          <span class="dot" style={{ '--color': line.color }} />
          <span class="basket-name">
            <b>{line.title}</b>
            <span class="small muted">{line.detail}</span>
          </span>
          <span class="basket-price">{price(line.priceMinor)}</span>
          {!isFixed && (
            <button
              type="button"
              class="icon-button icon-button-small"
              onClick={() => room.release(line.seats)}
              aria-label={`${words.map.remove}: ${line.title}, ${line.detail}`}
              title={words.map.remove}
            >
              <Icon name="cross" size={16} />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

export function HoldTimer({ room }: { room: SeatRoom }): JSX.Element | null {
  useTick(250);
  const { hold } = room;
  if (hold === undefined) return null;
  const left = hold.expiresAtMs - serverNowMs();
  const isShort = left < SHORT_MS;
  return (
    <div class={`timer ${isShort ? 'timer-short' : ''}`}>
      <Icon name="clock" size={18} />
      <span role="timer">
        {isShort ? words.map.keptShort : words.map.keptFor} <b>{formatCountdown(left)}</b>
      </span>
      {!room.extended.has(hold.holdId) && (
        <button type="button" class="button button-small" onClick={() => room.extend()} disabled={room.busy}>
          {words.map.extend}
        </button>
      )}
    </div>
  );
}

/** How long the visitor's turn lasts; said only when it matters. */
export function TurnTimer({ room }: { room: SeatRoom }): JSX.Element {
  useTick(500);
  const left = room.turnEndsAtMs - serverNowMs();
  return (
    <span class={`turn-timer small ${left < 2 * SHORT_MS ? 'turn-timer-short' : 'muted'}`}>
      <Icon name="clock" size={15} />
      <span class="turn-timer-label">{words.map.roomFor}</span>
      <b>{formatCountdown(left)}</b>
    </span>
  );
}
