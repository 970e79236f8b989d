/**
 * Who asks. Three tokens, and where each may come from:
 *
 * | token | says | comes as |
 * |---|---|---|
 * | visitor | which browser this is, for all events | cookie `usher_visitor`, or Bearer |
 * | account | who logged in, and the role | cookie `usher_account`, or Bearer |
 * | admission | this visitor is inside this event | Bearer only |
 *
 * No token where one is wanted, or one that is none of ours: 401. One of ours that is for something or
 * somebody else: 403, also where two tokens of one request name different visitors. A cookie that cannot be
 * read counts as absent, since a browser keeps it without meaning to.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId, VisitorId } from '../../../shared/domain/ids.ts';
import type { AccountClaims, AdmissionClaims, Tokens } from '../../../shared/runtime/tokens.ts';
import type { App } from '../deps.ts';

export const VISITOR_COOKIE = 'usher_visitor';
export const ACCOUNT_COOKIE = 'usher_account';
/** As long as the tokens themselves are good; a visitor's is renewed at each join. */
const COOKIE_AGE_S = { [VISITOR_COOKIE]: 180 * 86_400, [ACCOUNT_COOKIE]: 7 * 86_400 } as const;

declare module 'fastify' {
  interface FastifyInstance {
    tokens: Tokens;
  }
  interface FastifyRequest {
    /** Who it is, below `/admin/` and where the route has `admittedOnly`. */
    operator: AccountClaims;
    admission: AdmissionClaims;
  }
}

/** For a route's `onRequest`; below `/admin/` it is there already. */
export async function operatorsOnly(request: FastifyRequest): Promise<void> {
  request.operator = requireOperator(request);
}

/**
 * Lets nobody but operators below `/admin/`, whoever writes the route; nobody else's body is even read. Install
 * it before the routes.
 */
export function guardAdmin(app: App): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/admin/')) return;
    const own = [route.onRequest ?? []].flat().filter((hook) => hook !== operatorsOnly);
    route.onRequest = [operatorsOnly, ...own];
  });
}

/** For a route's `onRequest`: wants an admission to the event that the path names. */
export async function admittedOnly(request: FastifyRequest): Promise<void> {
  const eventId = Number((request.params as { eventId: string }).eventId);
  // What is no number is told so by the validation.
  if (Number.isInteger(eventId)) request.admission = requireAdmission(request, eventId);
}

/** Whoever the request can show to be; both may be absent. */
export type Identity = { readonly visitorId?: VisitorId; readonly account?: AccountClaims };

/** The token of the Authorization header. */
export function bearerToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined || header.length < 8 || header.slice(0, 7).toLowerCase() !== 'bearer ') return;
  return header.slice(7).trim() || undefined;
}

/** The admission to `eventId` that the request carries. Throws where it carries none, or not a fitting one. */
export function requireAdmission(request: FastifyRequest, eventId: EventId): AdmissionClaims {
  const { tokens } = request.server;
  const token = bearerToken(request);
  if (token === undefined) throw new UsherError('no_token');
  const claims = tokens.readAdmission(token);
  if (claims === 'expired') throw new UsherError('token_expired');
  if (claims === 'bad') {
    const ours = tokens.readVisitor(token) !== undefined || tokens.readAccount(token) !== undefined;
    throw new UsherError(ours ? 'wrong_token' : 'bad_token');
  }
  if (claims.eventId !== eventId) throw new UsherError('wrong_token');
  const cookieVisitor = visitorOfCookie(request);
  if (cookieVisitor !== undefined && cookieVisitor !== claims.visitorId) throw new UsherError('wrong_token');
  return claims;
}

/** Everybody that the request shows to be. Throws where it carries a Bearer token that is none of ours. */
export function identify(request: FastifyRequest): Identity {
  const { tokens } = request.server;
  let visitorId = visitorOfCookie(request);
  let account = accountOfCookie(request);
  const token = bearerToken(request);
  if (token !== undefined) {
    const named = tokens.readVisitor(token);
    const bearerAccount = named === undefined ? tokens.readAccount(token) : undefined;
    if (bearerAccount !== undefined) account = bearerAccount;
    else {
      const shown = named ?? visitorOfAdmission(tokens, token);
      if (visitorId !== undefined && visitorId !== shown) throw new UsherError('wrong_token');
      // An admission token travels in addresses of sockets, so it does not stand in for the visitor's own.
      if (named === undefined && visitorId === undefined) throw new UsherError('wrong_token');
      visitorId = shown;
    }
  }
  return { ...(visitorId !== undefined && { visitorId }), ...(account !== undefined && { account }) };
}

function visitorOfAdmission(tokens: Tokens, token: string): VisitorId {
  const claims = tokens.readAdmission(token);
  if (claims === 'expired') throw new UsherError('token_expired');
  if (claims === 'bad') throw new UsherError('bad_token');
  return claims.visitorId;
}

/** The visitor, where the request names one. */
export function optionalVisitor(request: FastifyRequest): VisitorId | undefined {
  return identify(request).visitorId;
}

/** The visitor. Throws where the request names none. */
export function requireVisitor(request: FastifyRequest): VisitorId {
  const { visitorId, account } = identify(request);
  if (visitorId !== undefined) return visitorId;
  throw new UsherError(account === undefined ? 'no_token' : 'wrong_token');
}

/** The account that is logged in. Throws where there is none. */
export function requireAccount(request: FastifyRequest): AccountClaims {
  const { account, visitorId } = identify(request);
  if (account !== undefined) return account;
  throw new UsherError(
    visitorId !== undefined && bearerToken(request) !== undefined ? 'wrong_token' : 'no_token',
  );
}

/** The operator who is logged in: 401 for nobody, 403 for everybody else. */
export function requireOperator(request: FastifyRequest): AccountClaims {
  const { account, visitorId } = identify(request);
  if (account?.role === 'operator') return account;
  const somebody = account !== undefined || (visitorId !== undefined && bearerToken(request) !== undefined);
  throw new UsherError(somebody ? 'forbidden' : 'no_token');
}

function visitorOfCookie(request: FastifyRequest): VisitorId | undefined {
  const cookie = request.cookies[VISITOR_COOKIE];
  return cookie ? request.server.tokens.readVisitor(cookie) : undefined;
}

function accountOfCookie(request: FastifyRequest): AccountClaims | undefined {
  const cookie = request.cookies[ACCOUNT_COOKIE];
  return cookie ? request.server.tokens.readAccount(cookie) : undefined;
}

type TokenCookie = typeof VISITOR_COOKIE | typeof ACCOUNT_COOKIE;

/** Sets or renews a token's cookie: never readable by scripts, not sent along by other sites' forms. */
export function setTokenCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: TokenCookie,
  token: string,
): void {
  writeCookie(request, reply, `${name}=${token}; Max-Age=${COOKIE_AGE_S[name]}`);
}

/** Makes the browser forget a token. */
export function clearTokenCookie(request: FastifyRequest, reply: FastifyReply, name: TokenCookie): void {
  writeCookie(request, reply, `${name}=; Max-Age=0`);
}

/** Written out: nothing in a token needs escaping, and a join is the hottest call there is. */
function writeCookie(request: FastifyRequest, reply: FastifyReply, cookie: string): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  reply.header('set-cookie', `${cookie}; Path=/; HttpOnly; SameSite=Lax${secure}`);
}
