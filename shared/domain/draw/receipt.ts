/**
 * The seed of a draw, the commitment to it, and the receipts made of it. Rules AD14 and AD15.
 *
 * Before anybody joins, the house makes 32 random bytes and publishes their hash. Everyone in the lobby gets a
 * receipt made of those bytes and of the number of the join, so that after the opening, when the seed is public,
 * each can see that it is the seed that was committed to, and that the number is its own. Pure; in the browser
 * and in Node alike.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { EventId } from '../ids.ts';

export const SEED_BYTES = 32;
/** 128 bits: nobody guesses one, and it is still short enough to be read out. */
export const RECEIPT_BYTES = 16;

/** Which line a draw belongs to: a Redis that was wiped begins another one, with other receipts. */
export type DrawnLine = { readonly eventId: EventId; readonly lineEpoch: number };

/** What is published before the opening. */
export function commitmentOf(seed: Uint8Array): string {
  return bytesToHex(sha256(seed));
}

/** What the visitor with this number gets, as bytes. */
export function receiptBytes(
  seed: Uint8Array,
  { eventId, lineEpoch }: DrawnLine,
  number: number,
): Uint8Array {
  return hmac(sha256, seed, utf8ToBytes(`receipt:${eventId}:${lineEpoch}:${number}`)).subarray(
    0,
    RECEIPT_BYTES,
  );
}

/** The same as people see it: 32 characters. */
export function receiptOf(seed: Uint8Array, line: DrawnLine, number: number): string {
  return bytesToHex(receiptBytes(seed, line, number));
}

const HEX = /^(?:[0-9a-f]{2})*$/;

/** Bytes of lower-case hex, or undefined where it is none or of another length. */
export function parseHex(text: string, bytes: number): Uint8Array | undefined {
  return text.length === bytes * 2 && HEX.test(text) ? hexToBytes(text) : undefined;
}
