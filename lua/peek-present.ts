/**
 * Who seems to be present in a lobby that is still open: plain reads, no script, since nothing is decided here. Who is
 * there counts when the lobby closes; this is for whoever wants to be nearly ready by then.
 */
import { cutToLobby, type LobbyRange } from '../shared/domain/draw/present-bits.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';

const HEARD = ['seen0', 'seen1', 'seen2'] as const;

/** The bitmap as it would be if the lobby closed now, give or take a window of presence. */
export async function peekPresent(
  redis: RedisClient,
  eventId: EventId,
  range: LobbyRange,
): Promise<Uint8Array> {
  const [gone, ...heard] = await Promise.all(
    (['gone', ...HEARD] as const).map((name) => redis.getBuffer(eventKey(eventId, name))),
  );
  const present = cutToLobby(new Uint8Array(0), range);
  for (const bits of heard) {
    for (let at = 0; at < Math.min(present.length, bits?.length ?? 0); at++) present[at]! |= bits![at]!;
  }
  for (let at = 0; at < Math.min(present.length, gone?.length ?? 0); at++) present[at]! &= ~gone![at]!;
  return cutToLobby(present, range);
}
