import type { LobbyRange } from '../shared/domain/draw/present-bits.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('publish-draw');
const OUTCOMES = ['drawn', 'already', 'not_frozen', 'other_line'] as const;

/**
 * Puts a draw in force; asked again, it changes nothing. `not_frozen` and `other_line` say that Redis has lost the
 * lobby meanwhile: the next tick shows how things stand.
 *
 * @param numbers what the draw made of each of the lobby's numbers, packed.
 */
export async function publishDraw(
  redis: RedisClient,
  eventId: EventId,
  { lineEpoch, firstNumber, lobbyCount }: LobbyRange & { readonly lineEpoch: number },
  numbers: Uint8Array,
): Promise<(typeof OUTCOMES)[number]> {
  const packed = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const [reply] = await script.run(redis, eventId, [lineEpoch, firstNumber, lobbyCount, packed]);
  const outcome = OUTCOMES.find((word) => word === reply);
  if (outcome === undefined) throw new UnknownReply(script.name, reply);
  return outcome;
}
