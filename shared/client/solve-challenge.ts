/**
 * Solves the challenge of a line: works until it is found, in the browser as in Node. The keys are derived by
 * WebCrypto, off the page's thread; where there is none (a page that came over plain HTTP from another machine),
 * in JavaScript, some ten times slower and with a pause for the page every 200 ms.
 */
import { solveChallenge as solve } from 'altcha-lib';
import type { DeriveKeyFunction } from 'altcha-lib/types';
import type { Challenge } from '../protocol/http.ts';

/** A challenge is good for three minutes; whoever needs longer asks for another one. */
const SOLVING_MS_MAX = 170_000;

async function keyDerivation(): Promise<DeriveKeyFunction> {
  if (globalThis.crypto?.subtle !== undefined) {
    return (await import('altcha-lib/algorithms/web/pbkdf2')).deriveKey;
  }
  const [{ pbkdf2 }, { sha256 }] = await Promise.all([
    import('@noble/hashes/pbkdf2.js'),
    import('@noble/hashes/sha2.js'),
  ]);
  return async ({ cost, keyLength }, salt, password) => ({
    derivedKey: pbkdf2(sha256, password, salt, { c: cost, dkLen: keyLength }),
  });
}

/**
 * What goes into `POST /events/:eventId/line` as `challenge`.
 *
 * Throws the signal's reason where it is aborted, and an Error where the time is over.
 */
export async function solveChallenge(challenge: Challenge, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal?.addEventListener('abort', abort);
  try {
    const deriveKey = await keyDerivation();
    const solution = await solve({ challenge, deriveKey, controller, timeout: SOLVING_MS_MAX });
    signal?.throwIfAborted();
    if (solution === null) throw new Error('The challenge took too long.');
    return btoa(JSON.stringify({ challenge, solution }));
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
