/** Being sure to hear of an order's outcome before anything is done that leads to one. */
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Deps } from '../deps.ts';

const SUBSCRIBE_WAIT_MS = 300;

/** Outcomes of the event are heard from now on; where Redis will not have it, answers come a little later. */
export async function subscribed(
  { orderWaiters }: Pick<Deps, 'orderWaiters'>,
  eventId: EventId,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, SUBSCRIBE_WAIT_MS);
  await Promise.race([orderWaiters.ready(eventId).catch(() => {}), late.promise]);
  clearTimeout(timer);
}
