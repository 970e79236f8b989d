/**
 * The static maps, ready to send: each event's JSON is made once, compressed once and kept, since a house of
 * 20,000 seats is some megabytes and thousands ask for it in the same second.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { EventStore } from '../../../db/event-store.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { SeatMap } from '../../../shared/protocol/http.ts';

export type Encoding = 'br' | 'gzip' | 'identity';
export type PackedMap = { readonly etag: string; readonly bytes: Readonly<Record<Encoding, Buffer>> };

/** Least recently asked-for maps are let go past this. */
const KEPT_BYTES_MAX = 256 * 1024 * 1024;
/** Beyond 5 a map of 20,000 seats takes seconds for a few per cent. */
const BROTLI_QUALITY = 5;

const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };

export class SeatMaps {
  readonly #store: EventStore;
  /** In order of the last use. */
  readonly #maps = new Map<EventId, Promise<PackedMap>>();
  readonly #sizes = new Map<EventId, number>();

  constructor(store: EventStore) {
    this.#store = store;
  }

  /** An event's map. Throws `unknown_event`. */
  get(eventId: EventId): Promise<PackedMap> {
    let map = this.#maps.get(eventId);
    if (map === undefined) {
      map = this.#pack(eventId);
      map.catch(() => this.#maps.delete(eventId));
    } else this.#maps.delete(eventId);
    this.#maps.set(eventId, map);
    return map;
  }

  async #pack(eventId: EventId): Promise<PackedMap> {
    const { plan } = await this.#store.get(eventId);
    const identity = Buffer.from(JSON.stringify({ eventId, ...plan } satisfies SeatMap));
    const [br, gz] = await Promise.all([
      compress.br(identity, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: identity.length,
        },
      }),
      compress.gzip(identity),
    ]);
    this.#sizes.set(eventId, identity.length + br.length + gz.length);
    this.#letGo(eventId);
    const etag = `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`;
    return { etag, bytes: { br, gzip: gz, identity } };
  }

  #letGo(newest: EventId): void {
    let kept = 0;
    for (const size of this.#sizes.values()) kept += size;
    for (const eventId of this.#maps.keys()) {
      if (kept <= KEPT_BYTES_MAX) return;
      if (eventId === newest || !this.#sizes.has(eventId)) continue;
      kept -= this.#sizes.get(eventId)!;
      this.#maps.delete(eventId);
      this.#sizes.delete(eventId);
    }
  }
}

/** The best encoding that an Accept-Encoding allows. A `q=0` forbids; other weights are not worth a parser. */
export function chooseEncoding(accept: string | undefined): Encoding {
  if (accept === undefined) return 'identity';
  for (const encoding of ['br', 'gzip'] as const) {
    if (new RegExp(`(^|[\\s,])${encoding}(?!\\s*;\\s*q=0(\\.0*)?(\\s|,|$))([\\s,;]|$)`, 'i').test(accept)) {
      return encoding;
    }
  }
  return 'identity';
}

/** Whether an If-None-Match names this tag; a balancer that compresses may have made it a weak one. */
export function etagFits(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}
