/** Which of the events somebody looks for, a page at a time. Pure. */
import { UsherError } from '../../../shared/domain/errors.ts';
import type { CatalogueEntry } from './catalogue.ts';

export type BrowseQuery = {
  readonly q?: string;
  readonly venue?: string;
  readonly from?: number;
  readonly to?: number;
};

/** The events that fit, in the catalogue's order. Every word of `q` must be in the name or the venue's. */
export function filterEvents(entries: readonly CatalogueEntry[], query: BrowseQuery): CatalogueEntry[] {
  const words = fold(query.q ?? '')
    .split(/\s+/)
    .filter(Boolean);
  const venue = fold(query.venue ?? '').trim();
  return entries.filter((entry) => {
    if (query.from !== undefined && entry.startsAtMs < query.from) return false;
    if (query.to !== undefined && entry.startsAtMs > query.to) return false;
    const venueName = fold(entry.venueName);
    if (venue !== '' && !venueName.includes(venue)) return false;
    const text = `${fold(entry.name)} ${venueName}`;
    return words.every((word) => text.includes(word));
  });
}

/** Letters as people type them: without case and accents. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** A position in the order: the last event that was shown. */
export type Cursor = { readonly startsAtMs: number; readonly eventId: number };

export function writeCursor({ startsAtMs, eventId }: Cursor): string {
  return Buffer.from(`${startsAtMs}.${eventId}`).toString('base64url');
}

/** Reads a cursor. Throws `bad_request` where it is none of ours. */
export function readCursor(text: string): Cursor {
  const match = /^(-?\d{1,16})\.(\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString());
  if (match === null) {
    throw new UsherError('bad_request', {
      details: [{ in: 'querystring', path: '/cursor', message: 'is not a cursor of this list' }],
    });
  }
  return { startsAtMs: Number(match[1]), eventId: Number(match[2]) };
}

/** What comes after a cursor. */
export function after(entries: readonly CatalogueEntry[], cursor: Cursor): CatalogueEntry[] {
  return entries.filter(
    ({ startsAtMs, eventId }) =>
      startsAtMs > cursor.startsAtMs || (startsAtMs === cursor.startsAtMs && eventId > cursor.eventId),
  );
}
