/**
 * Makes the documents of paid orders: one for the whole order, which the mail carries, and one for a single
 * ticket where somebody asks for it. A document can be made again at any time and says the same. Rules TK.
 */
import { readOrder } from '../../db/orders.ts';
import { markDone } from '../../db/outbox.ts';
import { hasDocument, storeDocument, ticketsOf } from '../../db/tickets.ts';
import type { JobPayload } from '../../shared/jobs/queues.ts';
import type { CheckoutDeps } from './deps.ts';
import { describeTickets, type PrintSettings } from './describe-tickets.ts';
import type { PdfPool } from './pdf/pool.ts';

export type TicketDeps = Pick<CheckoutDeps, 'db' | 'store' | 'jobs' | 'metrics' | 'log'> & {
  readonly pool: PdfPool;
  readonly print: PrintSettings;
};

/** Makes one document, unless it is there. */
export async function issueTickets(
  deps: TicketDeps,
  { orderId, documentId = orderId }: JobPayload,
): Promise<void> {
  const { db, store, metrics, log } = deps;
  const order = await readOrder(db, orderId);
  if (order?.state !== 'paid') return markDone(db, orderId, 'issue-tickets');
  const isWhole = documentId === orderId;
  if (await hasDocument(db, documentId)) {
    if (isWhole) await markDone(db, orderId, 'issue-tickets');
    return;
  }
  const all = await ticketsOf(db, [orderId]);
  const tickets = isWhole ? all : all.filter((ticket) => ticket.ticketId === documentId);
  if (tickets.length === 0)
    return log.warn({ orderId, documentId }, 'a document of no tickets was asked for');

  const end = metrics.documentSeconds.startTimer();
  const event = await store.get(order.eventId);
  try {
    const pdf = await deps.pool.render(describeTickets(event, order, tickets, deps.print));
    if (!(await storeDocument(db, orderId, documentId, pdf))) return;
    metrics.documents.inc({ outcome: 'made' });
  } catch (error) {
    metrics.documents.inc({ outcome: 'error' });
    throw error;
  } finally {
    end();
  }
  if (isWhole) await deps.jobs.add('mail', { orderId }).catch(() => {});
}
