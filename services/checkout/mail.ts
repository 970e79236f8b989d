/**
 * Sends what was promised: writes the letter down, hands it in by SMTP, marks it sent. A crash between the
 * last two sends it twice, with the same Message-ID, by which mail readers show it once.
 */
import { createTransport } from 'nodemailer';
import { markMail, writeMail } from '../../db/mails.ts';
import { readOrder } from '../../db/orders.ts';
import { markDone } from '../../db/outbox.ts';
import { readDocument } from '../../db/tickets.ts';
import type { CheckoutDeps } from './deps.ts';
import { sayWhen } from './describe-tickets.ts';
import { ticketLetter } from './letter.ts';
import { orderNumber } from './pdf/ticket-facts.ts';

export type Envelope = {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly {
    readonly filename: string;
    readonly content: Buffer;
    readonly contentType: string;
  }[];
};

/** Hands a mail in. Absent: mail is kept in the database, where the page of the embedded default shows it. */
export type Transport = { send(envelope: Envelope): Promise<void>; close(): void };

export type MailDeps = Pick<CheckoutDeps, 'db' | 'store' | 'metrics' | 'log'> & {
  readonly transport: Transport | undefined;
  readonly locale: string;
  readonly timeZone: string;
  /** A link to the document that works without logging in, for as long as anybody may want it. */
  linkTo(documentId: string): string;
};

const SMTP_TIMEOUT_MS = 15_000;
const CONNECTIONS_MAX = 3;

/** SMTP by the address of a mail server. */
export function smtpTransport(url: string, from: string): Transport {
  const smtp = createTransport(
    {
      url,
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      connectionTimeout: SMTP_TIMEOUT_MS,
      socketTimeout: SMTP_TIMEOUT_MS,
    },
    { from },
  );
  return {
    async send({ attachments, ...envelope }) {
      await smtp.sendMail({ ...envelope, attachments: [...attachments] });
    },
    close: () => smtp.close(),
  };
}

/** The name that a buyer finds in the downloads. */
export function documentName(orderId: string): string {
  return `tickets-${orderNumber(orderId)}.pdf`;
}

/** Sends an order's tickets, once. Throws where the mail server would not have it now. */
export async function mailTickets(deps: MailDeps, orderId: string): Promise<void> {
  const { db, transport, metrics, log } = deps;
  const order = await readOrder(db, orderId);
  if (order?.state !== 'paid') return markDone(db, orderId, 'mail');
  const event = await deps.store.get(order.eventId);
  const seats = order.seats.map((index) => {
    const { sectionName, row, label } = event.seatAt(index);
    // A section that is only a number would be taken for a row.
    const section = /^\d/.test(sectionName) ? `Section ${sectionName}` : sectionName;
    return [section, row && `row ${row}`, label && `seat ${label}`].filter(Boolean).join(', ');
  });
  const letter = ticketLetter({
    order,
    eventName: event.name,
    venueName: event.venueName,
    ...sayWhen(event.startsAtMs, deps.locale, deps.timeZone),
    seats,
    link: deps.linkTo(orderId),
    locale: deps.locale,
  });
  const mail = await writeMail(db, { orderId, to: order.buyerEmail, ...letter });
  if (mail.state === 'queued' || mail.state === 'failed') {
    const { mailId, to, subject, text, html } = mail;
    const pdf = transport && (await readDocument(db, orderId));
    const attachments = pdf
      ? [{ filename: documentName(orderId), content: pdf, contentType: 'application/pdf' }]
      : [];
    const messageId = `<${mailId}@usher>`;
    try {
      await transport?.send({ messageId, to, subject, text, html, attachments });
    } catch (error) {
      metrics.mails.inc({ outcome: 'error' });
      await markMail(db, mailId, 'failed', (error as Error).message);
      // The buyer can still download the tickets.
      if (!isRefusal(error)) throw error;
      log.warn({ orderId, mailId, err: error }, 'mail refused');
      return markDone(db, orderId, 'mail');
    }
    const state = transport ? 'sent' : 'kept';
    await markMail(db, mailId, state);
    metrics.mails.inc({ outcome: state });
    log.info({ orderId, mailId, state }, 'tickets mailed');
  }
  await markDone(db, orderId, 'mail');
}

/** A no for good to this address or this message. A wrong password of ours is none: somebody will mend it. */
function isRefusal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode >= 500;
}
