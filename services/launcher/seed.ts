// `npm run seed [events] [seats]`: creates events to play with.

import { runMain, say, step, UserError } from './console.ts';
import { withDatabase } from './with-database.ts';

const USAGE = 'npm run seed [events] [seats], for example: npm run seed 3 5000';
const EVENTS_MAX = 1_000;
const SEATS_MAX = 1_000_000;

function count(what: string, text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UserError(`The number of ${what} must be between 1 and ${max}; it is "${text}". Usage: ${USAGE}`);
}

await runMain(async () => {
  const [eventsText, seatsText, ...more] = process.argv.slice(2);
  if (more.length > 0) throw new UserError(`"${more.join(' ')}" is too much. Usage: ${USAGE}`);
  const events = count('events', eventsText, 5, EVENTS_MAX);
  const seats = count('seats', seatsText, 10_000, SEATS_MAX);
  await withDatabase(async (databaseUrl) => {
    const { migrate } = await import('../../db/migrate.ts');
    const { seedEvents } = await import('../../db/seed.ts');
    await migrate(databaseUrl);
    await step(`Seeding ${events} events with ${seats} seats each`, () =>
      seedEvents(databaseUrl, { events, seats }),
    );
  });
  say('Done.');
  return 0;
});
