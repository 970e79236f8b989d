/** The order that an idempotency key names. Rules CK. */
import { createHash } from 'node:crypto';
import type { OrderId, VisitorId } from '../../../shared/domain/ids.ts';

/**
 * A UUID made of who asks and the key: a retry names the same order before anything is stored, and nobody
 * can name another visitor's. Version 8, which RFC 9562 leaves to whoever makes it.
 */
export function orderIdOf(visitorId: VisitorId, key: string): OrderId {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['order', visitorId, key]))
    .digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
