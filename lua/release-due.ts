import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('release-due');

/** More at once would keep Redis from answering others for longer than 5 ms. */
export const DUE_PER_CALL_MAX = 200;

export type DueReply = {
  readonly ended: number;
  /** Where it is in the past, more are due than one call frees. Null: no hold is left. */
  readonly nextDeadlineMs: number | null;
  /** How late each hold was ended. */
  readonly latenessMs: readonly number[];
};

/** Frees the holds whose deadline has passed. */
export async function releaseDue(redis: RedisClient, eventId: EventId): Promise<DueReply> {
  const [, ended, next, ...latenessMs] = (await script.run(redis, eventId, [
    DUE_PER_CALL_MAX,
  ])) as unknown as [string, number, number, ...number[]];
  return { ended, nextDeadlineMs: next === 0 ? null : next, latenessMs };
}
