/** What is answered about accounts. */
import { Type } from 'typebox';
import { ORDER_FAILURES } from '../../../shared/domain/order.ts';
import { Words } from '../schemas.ts';

export const AccountView = Type.Object({
  accountId: Type.String(),
  email: Type.String(),
  role: Words(['visitor', 'operator']),
});

export const OrderHistory = Type.Object({
  orders: Type.Array(
    Type.Object({
      orderId: Type.String(),
      eventId: Type.Integer(),
      eventName: Type.String(),
      venue: Type.String(),
      startsAtMs: Type.Integer(),
      status: Words(['pending', 'paid', 'failed', 'refunded']),
      failure: Type.Optional(Words(ORDER_FAILURES)),
      amountMinor: Type.Integer(),
      currency: Type.String(),
      seats: Type.Array(Type.Integer()),
      createdAtMs: Type.Integer(),
      tickets: Type.Array(
        Type.Object({ ticketId: Type.String(), seat: Type.Integer(), pdfUrl: Type.String() }),
      ),
    }),
  ),
});
