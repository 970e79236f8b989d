/** A document of tickets as pdfmake wants it: one page each, every word at its place. */
import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { HAIRLINE, INK, QR, QUIET, TICKET, ticketArt } from './ticket-art.ts';
import type { TicketDocument, TicketFacts } from './ticket-facts.ts';

/** Points of the words that an usher reads from two steps away. */
const LARGE = 25;
const STUB_TEXT_X = TICKET.stubX + 14;
const STUB_WIDTH = TICKET.width - TICKET.stubX - 28;
const MAIN_WIDTH = TICKET.stubX - 2 * TICKET.margin;

/** The whole document. */
export function ticketDefinition(document: TicketDocument): TDocumentDefinitions {
  const { tickets } = document;
  return {
    pageSize: { width: TICKET.width, height: TICKET.height },
    pageMargins: 0,
    info: {
      title: `${document.eventName}: ${tickets.length === 1 ? 'ticket' : `${tickets.length} tickets`}`,
      author: 'Usher',
      subject: `Order ${document.orderNumber}`,
    },
    defaultStyle: { font: 'Roboto', color: INK, fontSize: 9 },
    content: tickets.flatMap((ticket, at) => page(document, ticket, at)),
  };
}

function page(document: TicketDocument, ticket: TicketFacts, at: number): Content[] {
  return [
    { text: ' ', fontSize: 1, ...(at > 0 && { pageBreak: 'before' as const }) },
    { canvas: ticketArt(ticket.categoryColor), absolutePosition: { x: 0, y: 0 } },
    ...band(document),
    ...place(ticket),
    ...foot(document),
    ...stub(document, ticket, at),
  ];
}

/** What and where and when, white on ink. */
function band(document: TicketDocument): Content[] {
  const title = fitTitle(document.eventName);
  return [
    box(TICKET.margin, 20, MAIN_WIDTH - 46, {
      text: title.text,
      fontSize: title.size,
      bold: true,
      color: '#ffffff',
      lineHeight: 1.02,
    }),
    box(TICKET.margin, 78, MAIN_WIDTH - 130, {
      text: shorten(document.venueName, 46),
      fontSize: 10.5,
      color: '#c9cbd8',
    }),
    box(TICKET.margin, 95, MAIN_WIDTH - 100, {
      text: [
        { text: document.date, color: '#ffffff', bold: true },
        { text: `   ${document.time}`, color: '#c9cbd8' },
      ],
      fontSize: 10.5,
    }),
  ];
}

/** Where to sit, large enough to be read in the half dark. */
function place(ticket: TicketFacts): Content[] {
  const top = TICKET.bandHeight + 18;
  const cells: [label: string, value: string, share: number][] =
    ticket.row === null
      ? [
          ['AREA', ticket.section, 0.56],
          ['PLACES', ticket.seat ?? 'Free choice', 0.44],
        ]
      : [
          ['SECTION', ticket.section, 0.5],
          ['ROW', ticket.row, 0.22],
          ['SEAT', ticket.seat ?? '', 0.28],
        ];
  const sizes = cells.map(([, value, share]) => sizeFor(value, MAIN_WIDTH * share - 12, LARGE));
  let x: number = TICKET.margin;
  const large = cells.flatMap(([label, value, share], cell): Content[] => {
    const width = MAIN_WIDTH * share;
    const at = x;
    x += width;
    return labelled(
      at,
      top,
      width - 10,
      label,
      value,
      ticket.row === null ? Math.min(...sizes) : sizes[cell]!,
      true,
    );
  });
  const second = top + 52;
  return [
    ...large,
    ...labelled(
      TICKET.margin,
      second,
      MAIN_WIDTH * 0.36,
      'ENTRANCE',
      shorten(ticket.entrance ?? 'Any', 22),
      11,
      true,
    ),
    ...labelled(
      TICKET.margin + MAIN_WIDTH * 0.36,
      second,
      MAIN_WIDTH * 0.36,
      'CATEGORY',
      shorten(ticket.category, 22),
      11,
    ),
    ...labelled(TICKET.margin + MAIN_WIDTH * 0.72, second, MAIN_WIDTH * 0.28, 'PRICE', ticket.price, 11),
  ];
}

function foot(document: TicketDocument): Content[] {
  const y = TICKET.height - 48;
  return [
    {
      canvas: [{ type: 'line', x1: 0, y1: 0, x2: MAIN_WIDTH, y2: 0, lineWidth: 0.6, lineColor: HAIRLINE }],
      absolutePosition: { x: TICKET.margin, y },
    },
    box(TICKET.margin, y + 8, MAIN_WIDTH * 0.62, {
      text: [
        { text: 'Issued to ', color: QUIET },
        { text: shorten(document.buyerName, 44), bold: true },
      ],
      fontSize: 8.5,
    }),
    box(TICKET.margin + MAIN_WIDTH * 0.62, y + 8, MAIN_WIDTH * 0.38, {
      text: [
        { text: 'Order ', color: QUIET },
        { text: document.orderNumber, bold: true },
      ],
      fontSize: 8.5,
      alignment: 'right',
    }),
    box(TICKET.margin, y + 23, MAIN_WIDTH, {
      text: document.terms,
      fontSize: 5.8,
      color: QUIET,
      lineHeight: 1.15,
    }),
  ];
}

/** What the door wants to see. */
function stub(document: TicketDocument, ticket: TicketFacts, at: number): Content[] {
  const where =
    ticket.row === null ? shorten(ticket.section, 26) : `Row ${ticket.row}  ·  Seat ${ticket.seat ?? ''}`;
  return [
    box(STUB_TEXT_X, 15, STUB_WIDTH, {
      text: 'ADMIT ONE',
      fontSize: 11,
      bold: true,
      characterSpacing: 2.2,
      alignment: 'center',
    }),
    box(STUB_TEXT_X, 29, STUB_WIDTH, {
      text: document.tickets.length > 1 ? `Ticket ${at + 1} of ${document.tickets.length}` : 'Single ticket',
      fontSize: 7.5,
      color: QUIET,
      alignment: 'center',
    }),
    {
      qr: ticket.code,
      fit: QR.size,
      eccLevel: 'M',
      foreground: INK,
      background: '#ffffff',
      absolutePosition: { x: QR.x, y: QR.y },
    },
    box(STUB_TEXT_X, 215, STUB_WIDTH, { text: where, fontSize: 10.5, bold: true, alignment: 'center' }),
    box(STUB_TEXT_X, 229.5, STUB_WIDTH, {
      text:
        ticket.row === null
          ? ticket.category === ticket.section
            ? ' '
            : ticket.category
          : shorten(ticket.section, 28),
      fontSize: 8,
      color: QUIET,
      alignment: 'center',
    }),
    box(STUB_TEXT_X, 247, STUB_WIDTH, {
      text: 'Show this code at the entrance. It admits once.',
      fontSize: 7,
      color: QUIET,
      alignment: 'center',
    }),
    box(STUB_TEXT_X - 8, 263, STUB_WIDTH + 16, {
      text: ticket.ticketId,
      fontSize: 5.4,
      color: QUIET,
      alignment: 'center',
    }),
  ];
}

type TextProps = Extract<Content, { text: unknown }>;

/** Text in a box of a width: pdfmake wraps a column, and nothing else that is placed absolutely. */
function box(x: number, y: number, width: number, text: TextProps): Content {
  return { absolutePosition: { x, y }, columns: [{ width, ...text }] };
}

function labelled(
  x: number,
  y: number,
  width: number,
  label: string,
  value: string,
  size: number,
  bold = false,
): Content[] {
  return [
    box(x, y, width, { text: label, fontSize: 6.2, characterSpacing: 1.1, color: QUIET }),
    // Large words share a baseline, whatever their size.
    box(x, y + 9 + (size > 12 ? LARGE - size : 0), width, { text: value, fontSize: size, bold }),
  ];
}

/** About how wide a text is at size 1, by the kinds of its letters; Roboto Medium. */
function roughWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    width += /[ilj.,:;'!|I]/.test(letter)
      ? 0.27
      : /[mwMW@]/.test(letter)
        ? 0.86
        : /\p{Lu}/u.test(letter)
          ? 0.65
          : 0.55;
  }
  return width;
}

/** The largest size, up to `most`, at which a text fits its cell. */
function sizeFor(text: string, width: number, most: number): number {
  return Math.max(9, Math.min(most, Math.floor((width / roughWidth(text)) * 10) / 10));
}

/** A title takes two lines; a long one smaller ones, and an endless one ends. */
function fitTitle(name: string): { text: string; size: number } {
  const width = MAIN_WIDTH - 46;
  for (const size of [25, 22, 19.5, 17]) {
    const lines = size > 22 ? 1 : 2;
    if (roughWidth(name) * size <= width * lines * (lines === 1 ? 1 : 0.9)) return { text: name, size };
  }
  return { text: shorten(name, 70), size: 17 };
}

function shorten(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).trimEnd()}…`;
}
