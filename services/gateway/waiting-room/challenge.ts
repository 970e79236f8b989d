/**
 * The proof of work that a new place costs where the operator switches it on: rule AD24. ALTCHA's, so that its
 * widget and its solvers in other languages work too; nobody outside the house is asked.
 *
 * A solver derives keys for counters from 0 on until it meets the one that the house drew. So the work is bounded,
 * and the house itself derives a single key when it makes a challenge and none when it checks a solution.
 */
import { createChallenge, randomInt, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { Challenge, Payload } from 'altcha-lib/types';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId } from '../../../shared/domain/ids.ts';

/** A quarter of a millisecond a key, in native code as in a browser: nobody is much faster than anybody else. */
const ITERATIONS_PER_KEY = 1_000;
/** Long enough for a slow telephone, short enough that solutions cannot be kept in store. */
const GOOD_FOR_MS = 180_000;
/** How far the clocks of the gateway and of Redis may be apart. */
const SKEW_MS = 60_000;

export type Solved = {
  /** The same for every solution of one challenge. */
  readonly challengeId: string;
  /** Until when it has to be remembered as used. */
  readonly endsAtMs: number;
};

export class Challenges {
  readonly #secrets: { readonly hmacSignatureSecret: string; readonly hmacKeySignatureSecret: string };

  /** @param secretOf makes the house's secret for a purpose. */
  constructor(secretOf: (purpose: string) => string) {
    this.#secrets = {
      hmacSignatureSecret: secretOf('challenge'),
      hmacKeySignatureSecret: secretOf('challenge key'),
    };
  }

  /** A challenge for a place in this event's line. */
  make(eventId: EventId, difficulty: number, nowMs = Date.now()): Promise<Challenge> {
    return createChallenge({
      ...this.#secrets,
      algorithm: 'PBKDF2/SHA-256',
      cost: ITERATIONS_PER_KEY,
      // Never found at once: half of the work is everybody's.
      counter: randomInt(difficulty, Math.ceil(difficulty / 2)),
      deriveKey,
      expiresAt: Math.floor((nowMs + GOOD_FOR_MS) / 1_000),
      data: { eventId },
    });
  }

  /** What a payload proves: base64 of JSON with the challenge and its solution. Throws `bad_challenge`. */
  async check(eventId: EventId, payload: string): Promise<Solved> {
    const { challenge, solution } = parse(payload);
    const { parameters } = challenge;
    if (parameters.data?.eventId !== eventId) throw new UsherError('bad_challenge');
    const { verified } = await verifySolution({ ...this.#secrets, challenge, solution, deriveKey }).catch(
      () => ({ verified: false }),
    );
    if (!verified) throw new UsherError('bad_challenge');
    return { challengeId: parameters.nonce, endsAtMs: Number(parameters.expiresAt) * 1_000 + SKEW_MS };
  }
}

function parse(payload: string): Payload {
  try {
    const parsed = JSON.parse(Buffer.from(payload, 'base64').toString()) as Partial<Payload> | null;
    const { challenge, solution } = parsed ?? {};
    if (typeof challenge?.signature === 'string' && challenge.parameters !== null && solution) {
      // A solution without a deadline would have to be remembered for ever; ours all have one.
      if (Number.isFinite(challenge.parameters.expiresAt)) return { challenge, solution };
    }
  } catch {
    // Not ours.
  }
  throw new UsherError('bad_challenge');
}
