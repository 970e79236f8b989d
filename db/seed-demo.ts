/**
 * What somebody finds who starts Usher for the first time: two accounts, and four houses that show what it
 * does. Seeding again changes nothing and answers with the same events.
 */
import { sql } from 'drizzle-orm';
import { ensureAccount } from './accounts.ts';
import { type Db, openDb } from './client.ts';
import { listEventFacts, type NewEvent } from './events.ts';
import { secrets } from './schema.ts';
import { eveningAfter, planOf, type SeededEvent, storeEvents } from './seed.ts';

export const DEMO_OPERATOR = { email: 'operator@usher.local', password: 'operator' } as const;
export const DEMO_VISITOR = { email: 'visitor@usher.local', password: 'visitor' } as const;

/** Any number will do, as long as nobody else takes it: two starts at once seed once. */
const SEED_LOCK = 7_431_991;
/** Where it is remembered which events are the demo's. */
const DEMO_EVENTS = 'demo-events';
const LOBBY_MS = 10 * 60_000;

/** The demo's events. The theatre lets few in at a time, so that there is a line to see. */
function demoEvents(nowMs: number): NewEvent[] {
  return [
    {
      name: 'Northern Lights Live',
      startsAtMs: eveningAfter(nowMs, 21),
      plan: planOf({ template: 'arena', seats: 20_000, name: 'Harbour Arena' }),
      onSale: { capacity: 2_000, ratePerMinute: 6_000 },
    },
    {
      name: 'The Paper Lantern',
      startsAtMs: eveningAfter(nowMs, 12),
      plan: planOf({ template: 'theatre', seats: 1_500, name: 'Old Mill Theatre' }),
      onSale: {
        capacity: 3,
        ratePerMinute: 30,
        admissionMs: 180_000,
        claimMs: 30_000,
        holdMs: 120_000,
        seatsPerVisitorMax: 4,
        message: 'Three at a time, so that you can see the line move.',
      },
    },
    {
      name: 'Brass and Velvet',
      startsAtMs: eveningAfter(nowMs, 5),
      plan: planOf({ template: 'general', seats: 600, name: 'Cellar Club' }),
      onSale: { waitingRoom: 'off', seatsPerVisitorMax: 6 },
    },
    {
      name: 'Midsummer Session',
      startsAtMs: eveningAfter(nowMs, 40),
      plan: planOf({ template: 'theatre', seats: 800, name: 'Orchard Hall' }),
      onSale: {
        opensAtMs: nowMs + LOBBY_MS,
        capacity: 100,
        ratePerMinute: 300,
        message: 'The doors open soon. Whoever is in the lobby by then is drawn into a fair order.',
      },
    },
  ];
}

/** Makes the demo where there is none yet. */
export async function seedDemo(databaseUrl: string, nowMs = Date.now()): Promise<{ events: SeededEvent[] }> {
  const db = openDb(databaseUrl, { poolMax: 2, applicationName: 'usher-seed' });
  try {
    await ensureAccount(db, { ...DEMO_OPERATOR, role: 'operator' });
    await ensureAccount(db, { ...DEMO_VISITOR, role: 'visitor' });
    const events = await db.orm.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${SEED_LOCK})`);
      const known = await readDemo(tx);
      if (known !== undefined) {
        const stored = new Map((await listEventFacts(db)).map(({ eventId, name }) => [eventId, name]));
        return known.flatMap((eventId) => {
          const name = stored.get(eventId);
          return name === undefined ? [] : [{ eventId, name }];
        });
      }
      const made = await storeEvents(tx, demoEvents(nowMs));
      const value = JSON.stringify(made.map(({ eventId }) => eventId));
      await tx.insert(secrets).values({ name: DEMO_EVENTS, value });
      return made;
    });
    return { events };
  } finally {
    await db.close();
  }
}

async function readDemo(orm: Pick<Db['orm'], 'query'>): Promise<number[] | undefined> {
  const row = await orm.query.secrets.findFirst({ where: (t, { eq }) => eq(t.name, DEMO_EVENTS) });
  return row && (JSON.parse(row.value) as number[]);
}
