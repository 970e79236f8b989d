import { generateKeyPairSync, verify } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ticketSigner } from '../ticket-code.ts';
import { PdfPool } from './pool.ts';
import { renderTickets } from './render.ts';
import { orderNumber, type TicketDocument } from './ticket-facts.ts';

const ticket = (seat: number) => ({
  ticketId: crypto.randomUUID(),
  code: `USHER1.${crypto.randomUUID()}.${'Ab3'.repeat(28)}xy`,
  section: 'Parterre',
  row: 'C',
  seat: String(seat),
  entrance: 'Gate North',
  category: 'Premium',
  categoryColor: '#e0533d',
  price: '€89.00',
});

const document = (over: Partial<TicketDocument> = {}): TicketDocument => ({
  eventName: 'Nachtmusik',
  venueName: 'Usher Arena',
  date: 'Saturday, 12 December 2026',
  time: '20:00 CET',
  buyerName: 'Zoë Müller',
  orderNumber: '3F9A-77C2',
  terms: 'Admits one person, once.',
  tickets: [ticket(12), ticket(13), ticket(14)],
  ...over,
});

/** The words that a PDF draws: the glyphs that it shows, through the tables from glyph to letter of its fonts. */
function read(pdf: Uint8Array): { pages: number; text: string } {
  const bytes = Buffer.from(pdf);
  const raw = bytes.toString('latin1');
  const streams = [...raw.matchAll(/stream\r?\n/g)].map(({ index, 0: mark }) => {
    const start = index + mark.length;
    try {
      return inflateSync(bytes.subarray(start, raw.indexOf('endstream', start))).toString('latin1');
    } catch {
      return '';
    }
  });
  const alphabets = streams.filter((stream) => stream.includes('beginbfrange')).map(alphabetOf);
  const words: string[] = [];
  for (const stream of streams) {
    let alphabet: string[] | undefined;
    for (const [, font, shown] of stream.matchAll(/\/F(\d+) [\d.]+ Tf|\[(.*?)\] TJ/g)) {
      if (font !== undefined) alphabet = alphabets[Number(font) - 1];
      const glyphs = [...(shown ?? '').matchAll(/<([0-9a-f]+)>/g)].flatMap(
        ([, hex]) => hex!.match(/.{4}/g) ?? [],
      );
      words.push(glyphs.map((glyph) => alphabet?.[Number.parseInt(glyph, 16)] ?? '').join(''));
    }
  }
  return {
    pages: (raw.match(/\/Type \/Page\b/g) ?? []).length,
    text: words.join('').replaceAll(/\s+/g, ' '),
  };
}

function alphabetOf(table: string): string[] {
  const letters: string[] = [];
  for (const [, first, list] of table.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/g)) {
    const codes = [...list!.matchAll(/<([0-9a-f]*)>/g)].map(([, hex]) =>
      Number.parseInt(hex!.slice(0, 4), 16),
    );
    codes.forEach((code, at) => {
      letters[Number.parseInt(first!, 16) + at] = Number.isNaN(code) ? '' : String.fromCharCode(code);
    });
  }
  return letters;
}

it('TK1 a document has one page a ticket, with what a visitor and a door need to know', async () => {
  const { pages, text } = read(await renderTickets(document()));
  expect(pages).toBe(3);
  const wanted = [
    'Nachtmusik',
    'Usher Arena',
    'Saturday, 12 December 2026',
    '20:00 CET',
    'Parterre',
    'Gate North',
  ];
  for (const words of [...wanted, 'Zoë Müller', '3F9A-77C2', '€89.00', 'Row C · Seat 13', 'Ticket 3 of 3']) {
    expect(text).toContain(words);
  }
});

it('TK1 names that are long, empty of seats or full of strange letters still make a page', async () => {
  const strange = { ...ticket(1), row: null, seat: null, entrance: null, section: 'S'.repeat(200) };
  const names = ['x'.repeat(500), 'Žluťoučký kůň Ωμέγα Привет', '日本語のイベント', '<b>&amp;</b>', ''];
  for (const eventName of names) {
    expect(read(await renderTickets(document({ eventName, tickets: [strange] }))).pages).toBe(1);
  }
});

it('TK2 the code of a ticket is signed by the house', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const code = ticketSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())('some-id');
  const [scheme, id, signature] = code.split('.');
  expect([scheme, id]).toEqual(['USHER1', 'some-id']);
  expect(verify(null, Buffer.from('USHER1.some-id'), publicKey, Buffer.from(signature!, 'base64url'))).toBe(
    true,
  );
  expect(verify(null, Buffer.from('USHER1.other'), publicKey, Buffer.from(signature!, 'base64url'))).toBe(
    false,
  );
});

it('TK1 threads make documents beside each other, and what cannot be made fails alone', async () => {
  const pool = new PdfPool(2);
  const broken = { ...document(), tickets: undefined } as unknown as TicketDocument;
  const made = await Promise.allSettled([document(), broken, document()].map((wish) => pool.render(wish)));
  expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await pool.stop();
  await expect(pool.render(document())).rejects.toThrow('stopped');
});

it('TK1 an order is named by eight letters in two groups', () => {
  expect(orderNumber('3f9a77c2-0000-8000-8000-000000000000')).toBe('3F9A-77C2');
});
