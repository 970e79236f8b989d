import { type ErrorCode, UsherError } from '../shared/domain/errors.ts';
import { type EventId, randomId, type VisitorId } from '../shared/domain/ids.ts';
import type { CodeKind } from '../shared/domain/on-sale.ts';
import type { Place } from '../shared/domain/place.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type LobbyEntry, parsePlace } from './line-reply.ts';
import { loadScript, type Reply, UnknownReply } from './run-script.ts';

const script = loadScript('join-line');

const REFUSALS = [
  'not_on_sale',
  'account_required',
  'code_required',
  'bad_code',
  'challenge_required',
  'bad_challenge',
] as const satisfies readonly ErrorCode[];

/** What a visitor brings along when it joins; all that is absent is not there. */
export type Credentials = {
  /** Who is logged in. The visitor must be nobody else's. */
  readonly accountId?: string | undefined;
  /** A code that is known and not revoked; its uses are counted here. */
  readonly code?: { readonly codeId: string; readonly kind: CodeKind; readonly usesMax: number } | undefined;
  /** A challenge that was solved; that it was not used before is judged here. */
  readonly challenge?: { readonly challengeId: string; readonly endsAtMs: number } | undefined;
  /** The new place shall never be called. */
  readonly park?: boolean;
};

export type JoinOutcome = {
  /** Whose place it is: another visitor's, where an account or a code has a place already. */
  readonly visitorId: VisitorId;
  readonly place: Place;
  /** Null for whoever is in no draw. */
  readonly lobby: LobbyEntry | null;
  readonly isNew: boolean;
};

/**
 * Gives a visitor a place, or the one it has. Throws UsherError `not_on_sale` before the lobby and after the
 * close, and what else is in REFUSALS where the event asks for what did not come.
 *
 * @param visitorId null for somebody new, whose id is made of event, line and number: it needs no entry in
 *   Redis to be found again.
 */
export async function joinLine(
  redis: RedisClient,
  eventId: EventId,
  visitorId: VisitorId | null,
  { accountId, code, challenge, park = false }: Credentials = {},
): Promise<JoinOutcome> {
  const reply = await script.run(redis, eventId, [
    eventId,
    visitorId ?? '',
    accountId ?? '',
    code?.codeId ?? '',
    code?.kind ?? '',
    code?.usesMax ?? 0,
    challenge?.challengeId ?? '',
    challenge?.endsAtMs ?? 0,
    park ? 1 : 0,
    randomId(8),
  ]);
  if (reply[0] === 'joined') {
    const [, owner, isNew, described] = reply as unknown as [string, string, number, Reply];
    const { place, lobby } = parsePlace(described);
    return { visitorId: owner, place, lobby, isNew: isNew === 1 };
  }
  const refusal = REFUSALS.find((code) => code === reply[0]);
  if (refusal === undefined) throw new UnknownReply(script.name, reply);
  throw new UsherError(refusal);
}
