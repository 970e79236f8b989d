/**
 * What there is to know of the draws, kept in the process: seeds for the receipts, records for whoever checks, and
 * the trees from which proofs are taken. Rules AD14 and AD15.
 */

import type { Db } from '../../../db/client.ts';
import { drawOfLine, ensureDraw, latestDraw, type MadeDraw, type StoredDraw } from '../../../db/draws.ts';
import type { LobbyEntry } from '../../../lua/line-reply.ts';
import { type DrawTicket, decideDraw } from '../../../shared/domain/draw/draw.ts';
import { LobbyTree } from '../../../shared/domain/draw/lobby-tree.ts';
import { drawNumbers } from '../../../shared/domain/draw/order.ts';
import { parseHex, receiptOf } from '../../../shared/domain/draw/receipt.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import { inSlices } from './in-slices.ts';

/** A draw with all that proofs are made of. */
export type WorkedDraw = {
  readonly made: MadeDraw;
  readonly tree: LobbyTree;
  /** What the draw made of each of the lobby's numbers. */
  readonly numbers: Uint32Array;
};

/** Lines whose seed is kept: some hundred bytes each. */
const LINES_MAX = 1_000;
/** A tree over a million visitors is 76 MB. */
const WORKED_MAX = 2;
/** Whoever asks for the draw of an event asks PostgreSQL no more often than this, all together. */
const FRESH_MS = 1_000;

export class DrawBook {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #lines = new Map<string, Promise<StoredDraw>>();
  readonly #latest = new Map<EventId, { readonly draw: Promise<StoredDraw>; readonly readAtMs: number }>();
  readonly #worked = new Map<number, Promise<WorkedDraw>>();

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** The draw of a line; its seed and commitment, if it is not made yet. */
  ofLine(eventId: EventId, lineEpoch: number): Promise<StoredDraw> {
    return kept(this.#lines, `${eventId} ${lineEpoch}`, LINES_MAX, () =>
      ensureDraw(this.#db, eventId, lineEpoch),
    );
  }

  /**
   * What a visitor of the lobby keeps until the draw; undefined for whoever was in none, and while PostgreSQL does
   * not answer: a place is worth more than its receipt, and the next question gives it.
   */
  async ticket(eventId: EventId, lobby: LobbyEntry | null): Promise<DrawTicket | undefined> {
    if (lobby === null) return undefined;
    const { lineEpoch, number } = lobby;
    try {
      const { seed, commitment } = await this.ofLine(eventId, lineEpoch);
      return { number, receipt: receiptOf(seed, { eventId, lineEpoch }, number), commitment };
    } catch (error) {
      this.#log.warn({ eventId, err: (error as Error).message }, 'a receipt could not be given');
      return undefined;
    }
  }

  /** The event's draw as everybody may see it: the latest, or that of one of its lines. */
  async published(eventId: EventId, lineEpoch?: number): Promise<StoredDraw | undefined> {
    if (lineEpoch !== undefined) {
      const known = await this.#lines.get(`${eventId} ${lineEpoch}`)?.catch(() => undefined);
      return known?.state === 'drawn' ? known : drawOfLine(this.#db, eventId, lineEpoch);
    }
    const nowMs = performance.now();
    const latest = this.#latest.get(eventId);
    if (latest !== undefined && nowMs - latest.readAtMs < FRESH_MS) return latest.draw;
    const draw = latestDraw(this.#db, eventId);
    draw.catch(() => this.#latest.delete(eventId));
    this.#latest.delete(eventId);
    this.#latest.set(eventId, { draw, readAtMs: nowMs });
    if (this.#latest.size > LINES_MAX) this.#latest.delete(this.#latest.keys().next().value!);
    return draw;
  }

  /** The tree and the numbers of a draw that was made, computed again where this process has not made it. */
  worked(made: MadeDraw): Promise<WorkedDraw> {
    return kept(this.#worked, made.drawId, WORKED_MAX, async () => {
      const { record, seed, present } = made;
      const tree = new LobbyTree(seed, record, record.firstNumber);
      await inSlices(decideDraw(seed, tree, record.lobbyCount, present));
      const numbers = await inSlices(drawNumbers(parseHex(record.orderKey, 32)!, record, present));
      return { made, tree, numbers };
    });
  }

  /** This process has made or met a draw. */
  remember(worked: WorkedDraw): void {
    const { made } = worked;
    const { eventId, lineEpoch } = made.record;
    this.#latest.delete(eventId);
    this.#lines.set(`${eventId} ${lineEpoch}`, Promise.resolve(made));
    this.#worked.delete(made.drawId);
    void kept(this.#worked, made.drawId, WORKED_MAX, () => Promise.resolve(worked));
  }
}

/** What a key stands for, made once and kept while it is among the latest used; what failed is not kept. */
function kept<K, T>(map: Map<K, Promise<T>>, key: K, max: number, make: () => Promise<T>): Promise<T> {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    value.catch(() => map.delete(key));
  }
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value!);
  return value;
}
