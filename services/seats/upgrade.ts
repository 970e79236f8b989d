/** Judges an upgrade request: a session's facts, or the error that refuses it. Rules PR1 to PR4. */
import type { ErrorCode } from '../../shared/domain/errors.ts';
import { parseEventId } from '../../shared/domain/ids.ts';
import {
  SUBPROTOCOL_BINARY,
  SUBPROTOCOL_JSON,
  SUBPROTOCOL_TOKEN_PREFIX,
} from '../../shared/protocol/version.ts';
import type { createAdmissionReader } from '../../shared/runtime/tokens.ts';
import { isAllowedOrigin } from './origin.ts';
import type { SessionFacts } from './session.ts';

/** What is read of the request before anything is awaited: uWebSockets.js forgets it then. */
export type UpgradeRequest = {
  readonly eventId: string;
  readonly protocols: string;
  readonly query: URLSearchParams;
  readonly origin: string;
  readonly host: string;
  readonly address: string;
};

export type UpgradeVerdict =
  | { readonly accepted: true; readonly facts: SessionFacts; readonly protocol: string }
  | { readonly accepted: false; readonly code: ErrorCode };

export type UpgradeRules = {
  readonly readAdmission: ReturnType<typeof createAdmissionReader>;
  readonly allowedOrigins: readonly string[];
};

export function judgeUpgrade(rules: UpgradeRules, request: UpgradeRequest): UpgradeVerdict {
  const refuse = (code: ErrorCode): UpgradeVerdict => ({ accepted: false, code });
  if (!isAllowedOrigin(request.origin, request.host, rules.allowedOrigins)) return refuse('foreign_origin');
  const entries = request.protocols.split(',').map((entry) => entry.trim());
  const token =
    entries
      .find((entry) => entry.startsWith(SUBPROTOCOL_TOKEN_PREFIX))
      ?.slice(SUBPROTOCOL_TOKEN_PREFIX.length) ??
    request.query.get('token') ??
    '';
  const eventId = parseEventId(request.eventId);
  if (token === '') return refuse('no_token');
  const claims = rules.readAdmission(token);
  if (claims === 'bad') return refuse('bad_token');
  if (claims === 'expired') return refuse('token_expired');
  if (eventId === undefined) return refuse('unknown_event');
  if (claims.eventId !== eventId) return refuse('wrong_token');
  const protocol = entries.find((entry) => entry === SUBPROTOCOL_BINARY || entry === SUBPROTOCOL_JSON);
  return {
    accepted: true,
    protocol: protocol ?? '',
    facts: {
      eventId,
      visitorId: claims.visitorId,
      admissionId: claims.admissionId,
      admissionExpiresAtMs: claims.expiresAtMs,
      // A tool that names no protocol gets the one that it can read.
      binary: protocol === SUBPROTOCOL_BINARY,
      address: request.address,
      resume: resumeOf(request.query),
    },
  };
}

function resumeOf(query: URLSearchParams): SessionFacts['resume'] {
  const [epoch, offset] = [Number(query.get('epoch') ?? ''), Number(query.get('offset') ?? '')];
  const given = query.has('epoch') && query.has('offset');
  return given && Number.isSafeInteger(epoch) && Number.isSafeInteger(offset) && offset >= 0
    ? { epoch, offset }
    : undefined;
}
