/** From what a client says to what the scripts take. Pure. */
import { createHash } from 'node:crypto';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId, HoldId, VisitorId } from '../../../shared/domain/ids.ts';
import type { Plan } from '../../../shared/domain/plan.ts';

export type BestWish = {
  readonly count: number;
  readonly sectionId?: string | undefined;
  readonly categoryId?: string | undefined;
  readonly accessible?: boolean | undefined;
};

/** The hold that an idempotency key names: the same one each time, and nobody else's. */
export function holdIdOfKey(visitorId: VisitorId, eventId: EventId, key: string): HoldId {
  return createHash('sha256')
    .update(JSON.stringify([visitorId, eventId, key]))
    .digest('base64url')
    .slice(0, 24);
}

/** Section and category by their positions in the plan. Throws `bad_request` where the plan has no such one. */
export function bestRequest(
  plan: Pick<Plan, 'sections' | 'categories'>,
  { count, sectionId, categoryId, accessible = false }: BestWish,
): { count: number; sectionIndex?: number; categoryIndex?: number; accessible: boolean } {
  return {
    count,
    accessible,
    ...(sectionId !== undefined && { sectionIndex: position(plan.sections, sectionId, 'sectionId') }),
    ...(categoryId !== undefined && { categoryIndex: position(plan.categories, categoryId, 'categoryId') }),
  };
}

function position(list: readonly { readonly id: string }[], id: string, field: string): number {
  const at = list.findIndex((entry) => entry.id === id);
  if (at >= 0) return at;
  throw new UsherError('bad_request', {
    details: [{ in: 'body', path: `/best/${field}`, message: 'names nothing in the plan of this event' }],
  });
}
