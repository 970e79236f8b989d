/** Shapes of orders, purchases and tickets. */
import { Type } from 'typebox';
import { ORDER_FAILURES } from '../../../shared/domain/order.ts';
import { SIMULATED_METHODS } from '../../../shared/jobs/payment-methods.ts';
import { AtMs, Words } from '../schemas.ts';

const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
export const Uuid = Type.String({ pattern: UUID });
/** Ids in paths are looked up as they are, and one that cannot be an id is not found. */
export const IdText = Type.String({ maxLength: 64 });

/** Names and addresses go into mail headers and on paper: one line, and something on it. */
export const Buyer = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: 120,
    pattern: '^[^\\x00-\\x1f\\x7f]*\\S[^\\x00-\\x1f\\x7f]*$',
  }),
  email: Type.String({ maxLength: 254, pattern: '^[^\\s@<>,;:"()]{1,64}@[^\\s@<>,;:"()]{1,189}$' }),
});

export const Payment = Type.Object({
  method: { ...Words(SIMULATED_METHODS), description: 'A payment method of the provider.' },
});

export const OrderStatusWord = Words(['pending', 'paid', 'failed', 'refunded']);

export const AcceptedView = Type.Object({
  orderId: Type.String(),
  status: OrderStatusWord,
  amountMinor: Type.Integer(),
  currency: Type.String(),
});

const TicketsView = Type.Array(
  Type.Object({ ticketId: Type.String(), seat: Type.Integer(), pdfUrl: Type.String() }),
);

export const OrderAnswer = Type.Object({
  ...AcceptedView.properties,
  eventId: Type.Integer(),
  failure: Type.Optional(Words(ORDER_FAILURES)),
  seats: Type.Array(Type.Integer()),
  tickets: TicketsView,
  createdAtMs: AtMs,
});

export const PurchaseView = Type.Object({
  purchaseId: Type.String({ description: 'The orderId: poll it at /orders/:orderId.' }),
  status: OrderStatusWord,
  tickets: TicketsView,
  visitorToken: Type.String(),
});
