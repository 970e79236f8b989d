import { cutToLobby, type LobbyRange } from '../shared/domain/draw/present-bits.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-lobby');

export type ClosedLobby = LobbyRange & {
  readonly lineEpoch: number;
  /** Who was there, as long as the lobby asks for: Redis leaves out bytes that are zero. */
  readonly present: Uint8Array;
};

/** A lobby that has closed and waits for its draw; undefined where there is none. */
export async function readLobby(redis: RedisClient, eventId: EventId): Promise<ClosedLobby | undefined> {
  const reply = await script.runBuffer(redis, eventId, []);
  if (String(reply[0]) === 'none') return undefined;
  const [, lineEpoch, firstNumber, lobbyCount, bits] = reply as [Buffer, number, number, number, Buffer];
  const range = { firstNumber, lobbyCount };
  return { lineEpoch, ...range, present: cutToLobby(bits, range) };
}
