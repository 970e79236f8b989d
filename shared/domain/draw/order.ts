/**
 * The order of a draw: a Fisher-Yates shuffle of those who were present, driven by a stream of SHA-256 over the
 * order key. Rules AD13 and AD15.
 *
 * The key is the hash of the committed seed and of the root over all who were in the lobby. So nobody knows it
 * before the lobby has closed, and afterwards nobody can choose it. With a perfect stream every order is exactly
 * as likely as any other: words that would favour some places are thrown away.
 *
 * A permutation computed on the fly (Feistel with cycle walking) would need no memory, but is measurably unfair in
 * small lobbies unless it has 24 rounds (4 rounds, five visitors: chi-square 22,233 where 119 is fair), and these
 * cost Redis 36 us at each question about a place. The shuffled order is 4 bytes a visitor and a read of 1 us.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { hasBit, type LobbyRange } from './present-bits.ts';
import type { Sliced } from './sliced.ts';

/** The key of the order: known to nobody before the list of those present is fixed. */
export function orderKeyOf(seed: Uint8Array, root: Uint8Array): Uint8Array {
  return sha256(concatBytes(seed, root));
}

/** Words of 32 bits: SHA-256(key || 0), SHA-256(key || 1), ... with the counter as four bytes, high one first. */
function wordStream(key: Uint8Array): () => number {
  const block = new Uint8Array(key.length + 4);
  block.set(key);
  const counter = new DataView(block.buffer, key.length);
  let next = 0;
  let words = new DataView(new ArrayBuffer(0));
  let at = 0;
  return () => {
    if (at === words.byteLength) {
      counter.setUint32(0, next++);
      const hash = sha256(block);
      words = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
      at = 0;
    }
    const word = words.getUint32(at);
    at += 4;
    return word;
  };
}

const WORDS = 2 ** 32;
/** Places shuffled before others get their turn. */
const SLICE = 4_096;
/** Numbers looked at before others get their turn. */
const LOOKED_AT = 65_536;

/**
 * The rank of each of `count` visitors: `ranks[i]` in 0..count-1 is that of the i-th one, where 0 is called first.
 * For i from the last to the second, the i-th rank changes places with a random one of those before it or with
 * itself.
 */
export function* shuffle(key: Uint8Array, count: number): Sliced<Uint32Array> {
  const ranks = new Uint32Array(count);
  for (let at = 0; at < count; at++) ranks[at] = at;
  const nextWord = wordStream(key);
  for (let at = count - 1; at > 0; at--) {
    const choices = at + 1;
    const fair = WORDS - (WORDS % choices);
    let word = nextWord();
    while (word >= fair) word = nextWord();
    const other = word % choices;
    const rank = ranks[at]!;
    ranks[at] = ranks[other]!;
    ranks[other] = rank;
    if (at % SLICE === 0) yield;
  }
  return ranks;
}

/**
 * What becomes of each of the lobby's numbers: at `number - firstNumber`, the number by which its visitor is called
 * from now on. Those who were present change numbers among themselves, the first drawn getting the lowest; all
 * others keep theirs, which nobody calls.
 */
export function* drawNumbers(key: Uint8Array, range: LobbyRange, present: Uint8Array): Sliced<Uint32Array> {
  const { firstNumber, lobbyCount } = range;
  const numbers = new Uint32Array(lobbyCount);
  const drawn = new Uint32Array(lobbyCount);
  let presentCount = 0;
  for (let at = 0; at < lobbyCount; at++) {
    numbers[at] = firstNumber + at;
    if (hasBit(present, firstNumber + at)) drawn[presentCount++] = firstNumber + at;
    if (at % LOOKED_AT === 0) yield;
  }
  const ranks = yield* shuffle(key, presentCount);
  for (let at = 0; at < presentCount; at++) {
    numbers[drawn[at]! - firstNumber] = drawn[ranks[at]!]!;
    if (at % LOOKED_AT === 0) yield;
  }
  return numbers;
}
