/** Accounts: signing up, logging in, who am I, what did I buy. Buying needs none of it. Rules AC. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type AccountRow, createAccount, findAccount, linkVisitor, logIn } from '../../../db/accounts.ts';
import { ordersOf } from '../../../db/orders.ts';
import { ticketsOf } from '../../../db/tickets.ts';
import { EMAIL_PATTERN, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '../../../shared/domain/account.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { orderStatus } from '../../../shared/domain/order.ts';
import type { LoggedIn } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import {
  ACCOUNT_COOKIE,
  bearerToken,
  clearTokenCookie,
  identify,
  requireAccount,
  setTokenCookie,
} from '../plugins/auth.ts';
import { errorAnswers, nothing, WANTS, Words } from '../schemas.ts';
import { AccountView, OrderHistory } from './schemas.ts';

const Email = Type.String({ pattern: EMAIL_PATTERN, maxLength: 254 });
const SignUp = Type.Object({
  email: Email,
  password: Type.String({ minLength: PASSWORD_CHARS_MIN, maxLength: PASSWORD_CHARS_MAX }),
});
const LogIn = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 254 }),
  password: Type.String({ minLength: 1, maxLength: PASSWORD_CHARS_MAX }),
});
const LoggedInView = Type.Object({ token: Type.String(), account: AccountView });

/** Routes of accounts. */
export function accountRoutes(app: App, deps: Deps): void {
  const { config, db, tokens } = deps;
  const limit = app.limits.byAddress(config.LOGINS_PER_MINUTE);

  const enter = async (
    request: FastifyRequest,
    reply: FastifyReply,
    account: AccountRow,
  ): Promise<LoggedIn> => {
    // A Bearer token of another kind is no reason to refuse somebody who knows the password.
    const { visitorId } = quietly(() => identify(request)) ?? {};
    if (visitorId !== undefined) await linkVisitor(db, account.accountId, visitorId);
    const token = tokens.signAccount({ accountId: account.accountId, role: account.role });
    setTokenCookie(request, reply, ACCOUNT_COOKIE, token);
    reply.header('cache-control', 'no-store');
    return { token, account };
  };

  app.post(
    '/auth/signup',
    {
      config: limit,
      schema: {
        tags: ['accounts'],
        summary: 'Make an account; a visitor token that comes along is linked to it',
        body: SignUp,
        response: { 201: LoggedInView, ...errorAnswers('email_taken', 'rate_limited') },
      },
    },
    async (request, reply) => {
      const account = await createAccount(db, request.body);
      reply.code(201);
      return enter(request, reply, account);
    },
  );

  app.post(
    '/auth/login',
    {
      config: limit,
      schema: {
        tags: ['accounts'],
        summary: 'Log in; a visitor token that comes along is linked to the account',
        body: LogIn,
        response: { 200: LoggedInView, ...errorAnswers('bad_login', 'rate_limited') },
      },
    },
    async (request, reply) => {
      const account = await logIn(db, request.body.email, request.body.password);
      return enter(request, reply, account);
    },
  );

  app.post(
    '/auth/logout',
    {
      schema: {
        tags: ['accounts'],
        summary: 'Forget the account in this browser',
        response: { 204: nothing(), ...errorAnswers() },
      },
    },
    async (request, reply) => {
      clearTokenCookie(request, reply, ACCOUNT_COOKIE);
      return reply.code(204).send();
    },
  );

  app.get(
    '/auth/me',
    {
      schema: {
        tags: ['accounts'],
        summary: 'The account that is logged in',
        security: WANTS.account,
        response: { 200: AccountView, ...errorAnswers('no_token', 'bad_token', 'wrong_token') },
      },
    },
    async (request, reply) => {
      const { accountId } = requireAccount(request);
      const account = await findAccount(db, accountId);
      if (account === undefined) throw new UsherError('bad_token');
      reply.header('cache-control', 'no-store');
      return account;
    },
  );

  app.get(
    '/me/orders',
    {
      schema: {
        tags: ['accounts'],
        summary: 'Booking history: of the account, or of the visitor where nobody is logged in',
        querystring: Type.Object({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
          status: Type.Optional(Words(['pending', 'paid', 'failed', 'refunded'])),
        }),
        security: [...WANTS.account, ...WANTS.visitor],
        response: { 200: OrderHistory, ...errorAnswers('no_token', 'bad_token', 'wrong_token') },
      },
    },
    async (request, reply) => {
      const { visitorId, account } = identify(request);
      if (visitorId === undefined && account === undefined) throw new UsherError('no_token');
      // Whoever shows an account's token alone asks for the account's orders, whatever cookie came along.
      const own = account === undefined || bearerToken(request) === undefined ? visitorId : undefined;
      const orders = await ordersOf(
        db,
        { visitorId: own, accountId: account?.accountId },
        request.query.limit ?? 100,
      );
      const tickets = Map.groupBy(
        await ticketsOf(
          db,
          orders.map(({ orderId }) => orderId),
        ),
        ({ orderId }) => orderId,
      );
      reply.header('cache-control', 'no-store');
      const { status } = request.query;
      return {
        orders: orders
          .filter(({ state }) => status === undefined || orderStatus(state) === status)
          .map((order) => ({
            orderId: order.orderId,
            eventId: order.eventId,
            eventName: order.eventName,
            venue: order.venueName,
            startsAtMs: order.startsAtMs,
            status: orderStatus(order.state),
            ...(order.failure !== null && { failure: order.failure }),
            amountMinor: order.amountMinor,
            currency: order.currency,
            seats: [...order.seats],
            createdAtMs: order.createdAtMs,
            tickets: (tickets.get(order.orderId) ?? []).map(({ ticketId, seat }) => ({
              ticketId,
              seat,
              pdfUrl: `/tickets/${ticketId}`,
            })),
          })),
      };
    },
  );
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
