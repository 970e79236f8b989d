/** Seats without the map: the best for so many, and places in sections where all are alike. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatPrice } from '../format.ts';
import { words } from '../words.ts';
import { Quantity } from './quantity.tsx';
import type { SceneSection } from './scene.ts';
import type { SeatRoom } from './seat-room.ts';

export function BestAvailable({ room, max }: { room: SeatRoom; max: number }): JSX.Element {
  const [count, setCount] = useState(Math.min(2, max));
  const [categoryId, setCategoryId] = useState('');
  return (
    <form
      class="best stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        room.best(count, categoryId === '' ? undefined : categoryId);
      }}
    >
      <h3>{words.map.best}</h3>
      <div class="best-row">
        <Quantity value={count} min={1} max={max} label={words.seats(count)} onChange={setCount} />
        <select
          value={categoryId}
          onChange={(event) => setCategoryId(event.currentTarget.value)}
          aria-label={words.map.legend}
        >
          <option value="">{words.map.anyCategory}</option>
          {room.scene.categoriesInUse.map((category) => (
            <option key={category.id} value={category.id}>
              {category.name} · {formatPrice(category.priceMinor, room.map.currency)}
            </option>
          ))}
        </select>
        <button type="submit" class="button" disabled={room.busy}>
          {words.map.bestFind}
        </button>
      </div>
      <p class="small muted">{room.hold === undefined ? words.map.bestText : words.map.bestReplaces}</p>
    </form>
  );
}

/** One line for each general-admission section, the chosen number on it. */
export function GeneralSections({
  room,
  max,
  shown,
}: {
  room: SeatRoom;
  max: number;
  shown: number;
}): JSX.Element | null {
  const general = room.scene.sections.filter(({ section }) => section.kind === 'general');
  if (general.length === 0) return null;
  return (
    <section class="general stack-tight">
      <h3>{words.map.standing}</h3>
      {general.map((section) => (
        <GeneralLine
          key={section.section.id}
          room={room}
          section={section}
          max={max}
          isShown={section.index === shown}
        />
      ))}
    </section>
  );
}

function GeneralLine({
  room,
  section,
  max,
  isShown,
}: {
  room: SeatRoom;
  section: SceneSection;
  max: number;
  isShown: boolean;
}): JSX.Element {
  const own = room.ownSeats;
  const mine = [...own].filter((seat) => seat >= section.first && seat < section.end).length;
  const free = room.freeBySection[section.index] ?? 0;
  const category = room.map.categories[section.mainCategory];
  const most = Math.min(mine + free, max - own.size + mine);
  return (
    <div class={`general-line ${isShown ? 'is-shown' : ''}`}>
      <span class="dot" style={{ '--color': category?.color ?? '' }} />
      <span>
        <b>{section.section.name}</b>
        <span class="small muted">
          {formatPrice(category?.priceMinor ?? 0, room.map.currency)} · {words.map.left(free)}
        </span>
      </span>
      <Quantity
        value={mine}
        min={0}
        max={room.busy ? mine : most}
        label={section.section.name}
        onChange={(value) => {
          if (value > mine) room.addPlaces(section, value - mine);
          else room.removePlaces(section, mine - value);
        }}
      />
    </div>
  );
}
