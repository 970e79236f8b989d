/** Joining, with the proof of work where the event asks for one. */
import type { Joined, JoinRequest } from '../protocol/http.ts';
import { ApiError } from './http-client.ts';
import type { UsherApi } from './usher-api.ts';

/** A solution may have been used or have expired on the way; then another one is worked out, once. */
const SOLUTIONS_MAX = 2;

export type JoinOptions = {
  readonly signal?: AbortSignal;
  /** The work begins: "checking your browser". */
  readonly onChecking?: () => void;
};

/** Joins, and solves the challenge when the house asks for it. Throws ApiError where it says no. */
export async function joinLine(
  api: UsherApi,
  eventId: number,
  request: JoinRequest = {},
  { signal, onChecking }: JoinOptions = {},
): Promise<Joined> {
  let challenge: string | undefined;
  for (let solutions = 0; ; solutions++) {
    try {
      return await api.join(eventId, { ...request, ...(challenge !== undefined && { challenge }) });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      const asked = code === 'challenge_required' || code === 'bad_challenge';
      if (!asked || solutions === SOLUTIONS_MAX) throw error;
    }
    onChecking?.();
    // Most events ask for none, so most pages need not load this.
    const { solveChallenge } = await import('./solve-challenge.ts');
    challenge = await solveChallenge(await api.challenge(eventId), signal);
  }
}
