/** What is told of a seat or a section under the pointer. */
import type { JSX } from 'preact';
import { formatPrice } from '../format.ts';
import { words } from '../words.ts';
import type { SeatRoom } from './seat-room.ts';

const STATES = [words.map.available, words.map.locked, words.map.sold, words.map.blocked];

function stateWord(room: SeatRoom, seat: number): string {
  if (room.pending.has(seat)) return words.map.pending;
  if (room.client.holds.holdOf(seat) !== undefined) return words.map.own;
  return STATES[room.states[seat] ?? 0] ?? '';
}

/** A seat in one sentence, for a screen reader. */
export function describeSeat(room: SeatRoom, seat: number): string {
  const { section, row, seat: facts, category } = room.scene.facts(seat);
  const name = words.map.seatName(words.map.sectionName(section.name), row ?? '', facts?.label ?? '');
  const price = formatPrice(category.priceMinor, room.map.currency);
  const trait = facts?.trait ? `, ${words.map[facts.trait]}` : '';
  return `${name}, ${category.name} ${price}${trait}. ${stateWord(room, seat)}.`;
}

/** Above the point, or below where there is no room; never beyond the sides. */
function Tip({
  x,
  y,
  children,
}: {
  x: number;
  y: number;
  children: JSX.Element[] | JSX.Element;
}): JSX.Element {
  const below = y < 150;
  return (
    <div
      class={`tip ${below ? 'tip-below' : ''}`}
      style={{ left: `${x}px`, top: `${y}px` }}
      aria-hidden="true"
    >
      {children}
    </div>
  );
}

export function SeatTip({
  room,
  seat,
  x,
  y,
}: {
  room: SeatRoom;
  seat: number;
  x: number;
  y: number;
}): JSX.Element {
  const { section, row, seat: facts, category } = room.scene.facts(seat);
  return (
    <Tip x={x} y={y}>
      <div class="tip-card">
        <dl class="tip-place">
          <div>
            <dt>{words.map.section}</dt>
            <dd>{section.name}</dd>
          </div>
          <div>
            <dt>{words.map.row}</dt>
            <dd>{row}</dd>
          </div>
          <div>
            <dt>{words.map.seat}</dt>
            <dd>{facts?.label}</dd>
          </div>
        </dl>
        <div class="tip-price">
          <span class="dot" style={{ '--color': category.color }} />
          <span>{category.name}</span>
          <b>{formatPrice(category.priceMinor, room.map.currency)}</b>
        </div>
        {facts?.trait && <div class="tip-trait">{words.map[facts.trait]}</div>}
        <div class={`tip-state tip-state-${room.states[seat]}`}>{stateWord(room, seat)}</div>
      </div>
    </Tip>
  );
}

export function SectionTip({
  room,
  section,
  x,
  y,
}: {
  room: SeatRoom;
  section: number;
  x: number;
  y: number;
}): JSX.Element | null {
  const scene = room.scene.sections[section];
  if (scene === undefined) return null;
  const prices = new Set<number>();
  const { categories } = room.map;
  if (scene.section.kind === 'general') prices.add(categories[scene.mainCategory]?.priceMinor ?? 0);
  else
    for (let seat = scene.first; seat < scene.end; seat++)
      prices.add(categories[room.scene.categoryOf[seat]!]!.priceMinor);
  const price = (minor: number) => formatPrice(minor, room.map.currency);
  const low = Math.min(...prices);
  const high = Math.max(...prices);
  return (
    <Tip x={x} y={y}>
      <div class="tip-card">
        <b>{words.map.sectionName(scene.section.name)}</b>
        <div class="tip-price">
          <span>{words.map.left(room.freeBySection[section] ?? 0)}</span>
          <b>{low === high ? price(low) : `${price(low)} – ${price(high)}`}</b>
        </div>
        {scene.section.entrance && <div class="small">{scene.section.entrance}</div>}
      </div>
    </Tip>
  );
}
