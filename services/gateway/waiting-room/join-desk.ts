/**
 * Where a join brings what the event asks for: an account, a code, the solution of a challenge. Rules AD19 to AD25.
 *
 * What is asked for is judged by the script that gives the place, so that a lever holds at once and everywhere; here
 * it is only looked up and checked. Whoever has a place already is asked for nothing.
 */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { findCode } from '../../../db/access-codes.ts';
import { linkVisitor } from '../../../db/accounts.ts';
import { accountOwnsVisitor } from '../../../db/orders.ts';
import { type Credentials, type JoinOutcome, joinLine } from '../../../lua/join-line.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId, VisitorId } from '../../../shared/domain/ids.ts';
import type { Deps } from '../deps.ts';
import { identify } from '../plugins/auth.ts';
import type { Limits } from '../plugins/rate-limits.ts';
import type { Challenges } from './challenge.ts';
import type { JoinWatch } from './join-watch.ts';

export const JoinBody = Type.Object(
  {
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'An access code.' })),
    challenge: Type.Optional(
      Type.String({
        maxLength: 4_096,
        description: 'Base64 of JSON with the challenge and its solution, as ALTCHA’s widget makes it.',
      }),
    ),
    website: Type.Optional(Type.String({ maxLength: 2_000, description: 'Leave it out.' })),
  },
  { additionalProperties: true },
);

export type JoinAsk = {
  readonly code?: string | undefined;
  readonly challenge?: string | undefined;
  readonly website?: string | undefined;
};

export class JoinDesk {
  readonly #deps: Deps;
  readonly #challenges: Challenges;
  readonly #watch: JoinWatch;
  readonly #countAccount: (accountId: string) => void;

  constructor(deps: Deps, limits: Limits, challenges: Challenges, watch: JoinWatch) {
    this.#deps = deps;
    this.#challenges = challenges;
    this.#watch = watch;
    this.#countAccount = limits.byVisitor(deps.config.ACCOUNT_JOINS_PER_MINUTE);
  }

  /** Gives a place, or the one that there is. Throws UsherError where the event asks for what did not come. */
  async join(request: FastifyRequest, eventId: EventId, ask: JoinAsk): Promise<JoinOutcome> {
    const { visitorId, account } = identify(request);
    if (account !== undefined) this.#countAccount(account.accountId);
    const challenge =
      ask.challenge === undefined ? undefined : await this.#challenges.check(eventId, ask.challenge);
    const code = ask.code === undefined ? undefined : await this.#code(eventId, ask.code);
    const reason = await this.#watch.reason(eventId, {
      address: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
      website: ask.website ?? '',
    });
    const credentials = { challenge, code, park: reason !== undefined };
    let outcome: JoinOutcome | undefined;
    try {
      outcome = await this.#take(eventId, visitorId, credentials);
    } catch (error) {
      const wantsAccount = error instanceof UsherError && error.code === 'account_required';
      if (!wantsAccount || account === undefined) throw error;
      outcome = await this.#takeAs(account.accountId, eventId, visitorId, credentials);
    } finally {
      if (!outcome?.isNew) this.#watch.notNew(eventId, request.ip);
    }
    if (outcome.isNew && reason !== undefined) this.#deps.metrics.parked.inc({ event: eventId, reason });
    return outcome;
  }

  async #code(eventId: EventId, words: string): Promise<Credentials['code']> {
    const code = await findCode(this.#deps.db, eventId, words);
    if (code === undefined) throw new UsherError('bad_code');
    return code;
  }

  #take(eventId: EventId, visitorId: VisitorId | undefined, credentials: Credentials): Promise<JoinOutcome> {
    const { store, redis } = this.#deps;
    return store.run(eventId, () => joinLine(redis, eventId, visitorId ?? null, credentials));
  }

  /**
   * The account's place. Every device of the account gets its visitor's token, so that visitor must be this
   * account's and nobody else's, before the place is given and after (AC2).
   */
  async #takeAs(
    accountId: string,
    eventId: EventId,
    visitorId: VisitorId | undefined,
    credentials: Credentials,
  ): Promise<JoinOutcome> {
    const own = visitorId !== undefined && (await this.#link(accountId, visitorId)) ? visitorId : undefined;
    const outcome = await this.#take(eventId, own, { ...credentials, accountId });
    if (outcome.visitorId !== own) await this.#link(accountId, outcome.visitorId);
    return outcome;
  }

  /** Whether a visitor is this account's, now if not before. */
  async #link(accountId: string, visitorId: VisitorId): Promise<boolean> {
    await linkVisitor(this.#deps.db, accountId, visitorId);
    return accountOwnsVisitor(this.#deps.db, accountId, visitorId);
  }
}
