import { UsherError } from '../shared/domain/errors.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('set-seats');
/** Seats in one call of the script; more are sent in several. */
const SEATS_PER_CALL_MAX = 1_000;

export type SetSeatsReply = { readonly changed: number[]; readonly refused: number[] };

async function setSeats(
  redis: RedisClient,
  eventId: EventId,
  action: 'block' | 'unblock' | 'release',
  seats: readonly number[],
): Promise<SetSeatsReply> {
  const changed: number[] = [];
  const refused: number[] = [];
  const wanted = [...new Set(seats)];
  for (let from = 0; from < wanted.length; from += SEATS_PER_CALL_MAX) {
    const part = wanted.slice(from, from + SEATS_PER_CALL_MAX);
    const reply = await script.run(redis, eventId, [action, ...part]);
    if (reply[0] === 'unknown_seat') throw new UsherError('unknown_seat');
    changed.push(...parseSeats(reply[1] as string));
    refused.push(...parseSeats(reply[2] as string));
  }
  return { changed, refused };
}

/** Keeps available seats back. Locked and sold ones are refused. */
export const blockSeats = (redis: RedisClient, eventId: EventId, seats: readonly number[]) =>
  setSeats(redis, eventId, 'block', seats);

/** Puts blocked seats on sale again. */
export const unblockSeats = (redis: RedisClient, eventId: EventId, seats: readonly number[]) =>
  setSeats(redis, eventId, 'unblock', seats);

/** Takes locked seats from whoever holds them, with the rest of those holds. What is being paid for is refused. */
export const releaseSeats = (redis: RedisClient, eventId: EventId, seats: readonly number[]) =>
  setSeats(redis, eventId, 'release', seats);
