/** Events to play with: `npm run seed [events] [seats]`. Each has exactly the seats asked for and is open at once. */
import { UsherError } from '../shared/domain/errors.ts';
import type { Plan } from '../shared/domain/plan.ts';
import { planFromVenue } from '../shared/venues/venue-input.ts';
import { type Db, openDb } from './client.ts';
import { insertEvent, type NewEvent } from './events.ts';

const DAY_MS = 86_400_000;
/** Performances of nobody in particular. */
const TITLES = [
  'An Evening of Strings',
  'Lantern Street',
  'The Copper Garden',
  'Blue Hour Quartet',
  'Winter Session',
  'The Long Way Home',
  'Harbour Nights',
  'Rooms With Echoes',
  'Slow River',
  'The Glass Orchard',
] as const;

export type SeededEvent = { readonly eventId: number; readonly name: string };

/** A plan of a template. Throws `bad_venue` with its faults. */
export function planOf(venue: { template: string; seats: number; name?: string }): Plan {
  const made = planFromVenue(venue);
  if ('faults' in made) throw new UsherError('bad_venue', { faults: made.faults });
  return made.plan;
}

/** Stores events and says which they are. */
export async function storeEvents(
  orm: Pick<Db['orm'], 'insert'>,
  wanted: readonly NewEvent[],
): Promise<SeededEvent[]> {
  const stored: SeededEvent[] = [];
  for (const event of wanted) {
    stored.push({ eventId: await insertEvent(orm, event), name: event.name });
  }
  return stored;
}

/** Makes `events` events of exactly `seats` tickets each: pools of places and arenas in turn. */
export async function seedEvents(
  databaseUrl: string,
  { events, seats }: { readonly events: number; readonly seats: number },
  nowMs = Date.now(),
): Promise<SeededEvent[]> {
  const plans = {
    general: planOf({ template: 'general', seats }),
    arena: planOf({ template: 'arena', seats }),
  };
  const db = openDb(databaseUrl, { poolMax: 1, applicationName: 'usher-seed' });
  try {
    return await storeEvents(
      db.orm,
      Array.from({ length: events }, (_, at) => ({
        name: title(at),
        startsAtMs: eveningAfter(nowMs, 14 + at),
        plan: at % 2 === 0 ? plans.general : plans.arena,
        onSale: {},
      })),
    );
  } finally {
    await db.close();
  }
}

function title(at: number): string {
  const round = Math.floor(at / TITLES.length);
  return round === 0 ? TITLES[at]! : `${TITLES[at % TITLES.length]} (${round + 1})`;
}

/** Eight in the evening, so many days from now. */
export function eveningAfter(nowMs: number, days: number): number {
  const day = new Date(nowMs + days * DAY_MS);
  return day.setHours(20, 0, 0, 0);
}
