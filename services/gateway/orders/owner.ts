/** Whose an order is. */
import type { FastifyRequest } from 'fastify';
import { accountOwnsVisitor, type Order } from '../../../db/orders.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { Deps } from '../deps.ts';
import { ACCOUNT_COOKIE, bearerToken, identify } from '../plugins/auth.ts';

/**
 * Lets the buyer's browser pass, the account that bought, the account that the browser belongs to, and
 * operators. 401 for nobody, 403 for anybody else.
 */
export async function requireOwner(
  request: FastifyRequest,
  { db }: Pick<Deps, 'db'>,
  order: Pick<Order, 'visitorId' | 'accountId'>,
): Promise<void> {
  const { visitorId, account } = identify(request);
  if (visitorId === undefined && account === undefined) throw new UsherError('no_token');
  if (visitorId === order.visitorId || account?.role === 'operator') return;
  if (account !== undefined) {
    if (account.accountId === order.accountId) return;
    if (await accountOwnsVisitor(db, account.accountId, order.visitorId)) return;
  }
  throw new UsherError('forbidden');
}

/** The account that a purchase belongs to: logged in beside the token it is made with, or that token itself. */
export function accountOfBuyer(request: FastifyRequest): string | null {
  const { tokens } = request.server;
  const accounts = [bearerToken(request), request.cookies[ACCOUNT_COOKIE]]
    .filter((token) => token !== undefined)
    .map((token) => tokens.readAccount(token)?.accountId);
  return accounts.find((accountId) => accountId !== undefined) ?? null;
}
