import type { AdmissionId, EventId, HoldId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type HoldReply, parseHoldReply } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('hold-best');

export type BestRequest = {
  readonly holdId: HoldId;
  readonly visitorId: VisitorId;
  readonly admissionId: AdmissionId;
  readonly count: number;
  /** Positions in the plan's lists; absent: any. */
  readonly sectionIndex?: number;
  readonly categoryIndex?: number;
  /** Only wheelchair places with their companions. */
  readonly accessible?: boolean;
  /** Take seats apart from each other where no others are left. */
  readonly scatter?: boolean;
};

/** Chooses the best free seats side by side and takes them. */
export async function holdBest(
  redis: RedisClient,
  eventId: EventId,
  request: BestRequest,
): Promise<HoldReply> {
  const {
    holdId,
    visitorId,
    admissionId,
    count,
    sectionIndex = -1,
    categoryIndex = -1,
    scatter,
    accessible,
  } = request;
  const args = [
    holdId,
    visitorId,
    admissionId,
    count,
    sectionIndex,
    categoryIndex,
    scatter ? 1 : 0,
    accessible ? 1 : 0,
  ];
  return parseHoldReply(script.name, await script.run(redis, eventId, args, holdId));
}
