import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-snapshot');

export type Snapshot = {
  readonly epoch: number;
  readonly offset: number;
  readonly seatCount: number;
  readonly bits: Uint8Array;
};

/** The whole map with its position in the feed. */
export async function readSnapshot(redis: RedisClient, eventId: EventId): Promise<Snapshot> {
  const [, epoch, offset, seatCount, bits] = (await script.runBuffer(redis, eventId, [])) as [
    Buffer,
    number,
    number,
    number,
    Buffer,
  ];
  return { epoch: Number(epoch), offset: Number(offset), seatCount: Number(seatCount), bits };
}
