import type { EventId } from '../shared/domain/ids.ts';
import type { OnSale } from '../shared/domain/on-sale.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { onSaleFields } from './load-event.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('set-on-sale');

/** Writes the settings; they hold from the next script on. */
export async function setOnSale(redis: RedisClient, eventId: EventId, onSale: OnSale): Promise<void> {
  await script.run(redis, eventId, Object.entries(onSaleFields(onSale)).flat());
}
