/**
 * The tokens that Usher gives out. An admission token is signed with an asymmetric key (ES256), so that the
 * seat service, or anybody who has read `/.well-known/jwks.json`, can check it and nobody but the gateway can
 * make one. The others are read by the gateway alone and are signed with a shared secret.
 *
 * A token says who somebody is. Whether an admission still lives is asked of Redis in the step that needs it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import { type AdmissionId, type EventId, isOpaqueId, type VisitorId } from '../domain/ids.ts';

export type SigningKeys = {
  readonly admissionPrivatePem: string;
  readonly admissionPublicPem: string;
  /** Names the key in a token's header and in the JWKS. */
  readonly admissionKeyId: string;
  readonly secret: string;
};

export type AdmissionClaims = {
  readonly eventId: EventId;
  readonly visitorId: VisitorId;
  readonly admissionId: AdmissionId;
  readonly expiresAtMs: number;
};

export type AccountClaims = { readonly accountId: string; readonly role: 'visitor' | 'operator' };

/** Checked tokens are remembered: a visitor sends the same one with every request. */
const CACHED_TOKENS = 20_000;
const VISITOR_TOKEN_MS = 180 * 86_400_000;
const ACCOUNT_TOKEN_MS = 7 * 86_400_000;

export type Tokens = ReturnType<typeof createTokens>;

/** What reads admission tokens: all that the seat service needs. */
export function createAdmissionReader(publicPem: string) {
  const verify = createVerifier({
    key: publicPem,
    algorithms: ['ES256'],
    allowedAud: 'usher:admission',
    // Expiry is judged below in milliseconds, and told apart from a forged token.
    ignoreExpiration: true,
    cache: CACHED_TOKENS,
  });
  /** The claims of a token, `expired` where its time is over, `bad` where it is not one of ours. */
  return (token: string, nowMs = Date.now()): AdmissionClaims | 'bad' | 'expired' => {
    try {
      const claims = verify(token) as { sub: string; evt: number; jti: string; expMs: number };
      if (!isOpaqueId(claims.sub) || !isOpaqueId(claims.jti)) return 'bad';
      if (claims.expMs <= nowMs) return 'expired';
      return {
        eventId: claims.evt,
        visitorId: claims.sub,
        admissionId: claims.jti,
        expiresAtMs: claims.expMs,
      };
    } catch {
      return 'bad';
    }
  };
}

/** Signs and reads every token. */
export function createTokens(keys: SigningKeys) {
  const signAdmissionToken = createSigner({
    key: keys.admissionPrivatePem,
    algorithm: 'ES256',
    kid: keys.admissionKeyId,
    aud: 'usher:admission',
  });
  const hs = (aud: string, expiresIn: number) => ({
    sign: createSigner({ key: keys.secret, algorithm: 'HS256', aud, expiresIn }),
    verify: createVerifier({
      key: keys.secret,
      algorithms: ['HS256'],
      allowedAud: aud,
      cache: CACHED_TOKENS,
    }),
  });
  const visitor = hs('usher:visitor', VISITOR_TOKEN_MS);
  const account = hs('usher:account', ACCOUNT_TOKEN_MS);
  const linkSignature = (what: string, expiresAtMs: number) =>
    createHmac('sha256', keys.secret).update(`link:${what}:${expiresAtMs}`).digest('base64url');

  return {
    signVisitor: (visitorId: VisitorId): string => visitor.sign({ sub: visitorId }),

    /** The visitor of a token, or undefined where it is not one of ours. */
    readVisitor(token: string): VisitorId | undefined {
      try {
        const { sub } = visitor.verify(token) as { sub: string };
        return isOpaqueId(sub) ? sub : undefined;
      } catch {
        return undefined;
      }
    },

    signAccount: ({ accountId, role }: AccountClaims): string => account.sign({ sub: accountId, role }),

    /** The account of a token, or undefined where it is not one of ours or has expired. */
    readAccount(token: string): AccountClaims | undefined {
      try {
        const { sub, role } = account.verify(token) as { sub: string; role: AccountClaims['role'] };
        return { accountId: sub, role };
      } catch {
        return undefined;
      }
    },

    signAdmission: (claims: AdmissionClaims): string =>
      signAdmissionToken({
        sub: claims.visitorId,
        evt: claims.eventId,
        jti: claims.admissionId,
        exp: Math.ceil(claims.expiresAtMs / 1000),
        expMs: claims.expiresAtMs,
      }),

    readAdmission: createAdmissionReader(keys.admissionPublicPem),

    /** A secret of its own for each purpose, the same in every process of the house. */
    secretOf: (purpose: string): string =>
      createHmac('sha256', keys.secret).update(`secret:${purpose}`).digest('base64url'),

    /** The signature of a mailed link to `what` (a document's id, say). */
    signLink: linkSignature,

    /** Whether a mailed link is ours and still good. */
    checkLink(what: string, expiresAtMs: number, signature: string, nowMs = Date.now()): boolean {
      const wanted = Buffer.from(linkSignature(what, expiresAtMs));
      const given = Buffer.from(signature);
      return expiresAtMs > nowMs && given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
}
