/**
 * Names of things. An id that a client sends is checked here before it comes near a key or a query: ids go
 * into feed entries that are split at `|` and `,`, so their alphabet is part of the format.
 */

/** Short integer, in URLs and in Redis keys. */
export type EventId = number;
/** Who waits and buys; made by the gateway, never by a client. */
export type VisitorId = string;
export type AdmissionId = string;
export type HoldId = string;
/** A lower-case UUID. */
export type OrderId = string;
export type TicketId = string;

const EVENT_ID = /^[1-9][0-9]{0,8}$/;
const OPAQUE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The event's number from a URL or a token, or undefined where it is none. */
export function parseEventId(text: string): EventId | undefined {
  return EVENT_ID.test(text) ? Number(text) : undefined;
}

/** Whether a text may be a hold's, visitor's or admission's id. */
export function isOpaqueId(text: string): boolean {
  return OPAQUE_ID.test(text);
}

/** Whether a text is an order's or a ticket's id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A random id of `length` characters, 5.17 bits each; 16 of them never meet in practice. */
export function randomId(length = 16): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length * 2));
  let id = '';
  for (const byte of bytes) {
    // 252 is the largest multiple of 36 in a byte: taking the rest would favour the first letters.
    if (byte < 252 && id.length < length) id += ALPHABET[byte % 36];
  }
  return id.length === length ? id : id + randomId(length - id.length);
}
