import { describe, expect, it } from 'vitest';
import { ON_SALE_DEFAULTS } from '../../../shared/domain/on-sale.ts';
import { after, filterEvents, readCursor, writeCursor } from './browse.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { chooseEncoding, etagFits } from './seat-maps.ts';

const entry = (eventId: number, name: string, venueName: string, startsAtMs: number): CatalogueEntry => ({
  eventId,
  name,
  venueName,
  startsAtMs,
  currency: 'EUR',
  seatCount: 1,
  onSale: ON_SALE_DEFAULTS,
  priceMinor: { min: 1, max: 2 },
});
const entries = [
  entry(3, 'Été Quartet', 'Mill Theatre', 100),
  entry(1, 'Lantern', 'Harbour Arena', 200),
  entry(2, 'Lantern II', 'Harbour Arena', 200),
];
const ids = (found: readonly CatalogueEntry[]) => found.map(({ eventId }) => eventId);

describe('browsing', () => {
  it('SE1 finds words in any order, without case and accents, in the name or the venue', () => {
    expect(ids(filterEvents(entries, { q: 'theatre ete' }))).toEqual([3]);
    expect(ids(filterEvents(entries, { q: 'LANTERN' }))).toEqual([1, 2]);
    expect(ids(filterEvents(entries, { venue: 'harbour', from: 200, to: 200 }))).toEqual([1, 2]);
    expect(ids(filterEvents(entries, { to: 199 }))).toEqual([3]);
  });

  it('SE1 a cursor goes on after the last event, also among those of one moment', () => {
    expect(ids(after(entries, readCursor(writeCursor(entries[1]!))))).toEqual([2]);
    expect(() => readCursor('nonsense')).toThrow('could not be read');
  });

  it.each([
    [undefined, 'identity'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br; q=0.0,gzip;q=0', 'identity'],
    ['br;q=0.5', 'br'],
    ['brotli, xgzip', 'identity'],
  ] as const)('SE1 %s is answered with %s', (accept, encoding) => {
    expect(chooseEncoding(accept)).toBe(encoding);
  });

  it('SE1 a tag fits itself, in a list, and made weak on the way', () => {
    expect(etagFits('"a"', '"a"')).toBe(true);
    expect(etagFits('"b", W/"a"', '"a"')).toBe(true);
    expect(etagFits('*', '"a"')).toBe(true);
    expect(etagFits('"b"', '"a"')).toBe(false);
    expect(etagFits(undefined, '"a"')).toBe(false);
  });
});
