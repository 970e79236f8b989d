/** The mail that brings tickets: plain text, and the same in HTML that every mail reader shows. */
import type { Order } from '../../db/orders.ts';
import { formatMoney } from '../../shared/domain/money.ts';
import { orderNumber } from './pdf/ticket-facts.ts';

export type Letter = { readonly subject: string; readonly text: string; readonly html: string };

export type LetterFacts = {
  readonly order: Order;
  readonly eventName: string;
  readonly venueName: string;
  readonly date: string;
  readonly time: string;
  /** One line a seat: `Parterre, row C, seat 12`. */
  readonly seats: readonly string[];
  readonly link: string;
  readonly locale: string;
};

/** Seats named one by one in a letter; the document has them all. */
const SEATS_LISTED_MAX = 20;

/** Writes the letter. */
export function ticketLetter(facts: LetterFacts): Letter {
  const { order, eventName, venueName, date, time, link } = facts;
  const number = orderNumber(order.orderId);
  const amount = formatMoney(order.amountMinor, order.currency, facts.locale);
  const count = facts.seats.length === 1 ? 'ticket' : `${facts.seats.length} tickets`;
  const seats = facts.seats.slice(0, SEATS_LISTED_MAX);
  if (facts.seats.length > seats.length) seats.push(`and ${facts.seats.length - seats.length} more`);
  const subject = oneLine(`Your ${count} for ${eventName} (order ${number})`);

  const text = [
    `Dear ${order.buyerName},`,
    '',
    `thank you for your order. Your ${count} for ${eventName} ${facts.seats.length === 1 ? 'is' : 'are'} attached.`,
    '',
    `  ${date}, ${time}`,
    `  ${venueName}`,
    '',
    ...seats.map((seat) => `  ${seat}`),
    '',
    `  Paid: ${amount}`,
    `  Order: ${number}`,
    '',
    `Download them again: ${link}`,
    'Show the code at the entrance, printed or on your phone. It admits once, so keep it to yourself.',
  ].join('\n');

  const cell = 'padding:2px 0;font:15px/1.5 system-ui,sans-serif;color:#14172b';
  const html = `<!doctype html><html lang="en"><body style="margin:0;background:#f5f4f0;padding:24px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;margin:0 auto;background:#fff">
<tr><td style="background:#14172b;padding:26px 28px;color:#fff;font:600 22px/1.3 system-ui,sans-serif">${safe(eventName)}
<div style="font:15px/1.6 system-ui,sans-serif;color:#c9cbd8">${safe(venueName)}<br><b style="color:#fff">${safe(date)}</b> ${safe(time)}</div></td></tr>
<tr><td style="padding:24px 28px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0">
<tr><td style="${cell}">Dear ${safe(order.buyerName)},<br><br>thank you for your order. Your ${count} ${facts.seats.length === 1 ? 'is' : 'are'} attached.<br><br></td></tr>
${seats.map((seat) => `<tr><td style="${cell};font-weight:600">${safe(seat)}</td></tr>`).join('\n')}
<tr><td style="${cell};color:#6d7080"><br>Paid ${safe(amount)} &middot; Order ${number}<br><br></td></tr>
<tr><td><a href="${safe(link)}" style="display:inline-block;background:#14172b;color:#fff;text-decoration:none;padding:12px 20px;font:600 15px system-ui,sans-serif">Download the tickets</a></td></tr>
<tr><td style="padding-top:20px;font:13px/1.5 system-ui,sans-serif;color:#6d7080">Show the code at the entrance, printed or on your phone. It admits once, so keep it to yourself.</td></tr>
</table></td></tr></table></body></html>`;
  return { subject, text, html };
}

/** A header is one line, whatever an event is called. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').slice(0, 200);
}

function safe(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
