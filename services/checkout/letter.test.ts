import { expect, it } from 'vitest';
import type { Order } from '../../db/orders.ts';
import { sayWhen } from './describe-tickets.ts';
import { ticketLetter } from './letter.ts';

const facts = (over: object = {}) => ({
  order: {
    orderId: '3f9a77c2-0000-8000-8000-000000000000',
    buyerName: 'Zoë <script>',
    amountMinor: 17_800,
    currency: 'EUR',
  } as Order,
  eventName: 'Night & Day\r\nBcc: everybody@example.org',
  venueName: 'Usher Arena',
  ...sayWhen(Date.UTC(2026, 11, 12, 19), 'en-GB', 'Europe/Berlin'),
  seats: ['Parterre, row C, seat 12', 'Parterre, row C, seat 13'],
  link: 'http://localhost/tickets/x?exp=1&sig=a',
  locale: 'en-GB',
  ...over,
});

it('MA2 a letter says what, when, where, how much, and how to get the tickets again', () => {
  const { subject, text } = ticketLetter(facts({ eventName: 'Night & Day' }));
  expect(subject).toBe('Your 2 tickets for Night & Day (order 3F9A-77C2)');
  for (const words of [
    'Saturday',
    '12 December 2026, 20:00',
    'Usher Arena',
    'row C, seat 12',
    '€178.00',
    'exp=1',
  ]) {
    expect(text).toContain(words);
  }
});

it('MA2 nothing that a buyer or an event is called breaks a header or the page', () => {
  const { subject, html } = ticketLetter(facts());
  expect(subject).not.toMatch(/[\r\n]/);
  expect(html).not.toContain('<script>');
  expect(html).toContain('exp=1&#38;sig=a');
});

it('MA2 a hundred seats do not make a letter of a hundred lines', () => {
  const { text } = ticketLetter(facts({ seats: Array.from({ length: 100 }, (_, at) => `Seat ${at}`) }));
  expect(text).toContain('and 80 more');
  expect(text.split('\n').length).toBeLessThan(45);
});
