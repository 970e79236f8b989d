/**
 * The drawer: draws the lobby when it has closed. Every gateway that moves lines has one, and whichever comes first
 * draws; all come to the same, since seed and list are. Rules AD13, AD14 and AD18.
 *
 * While the lobby fills, its tree is grown, and told now and then who is away, so that at the opening only the paths of
 * those are left to compute who came or went in the last seconds. What comes out is stored in PostgreSQL, and only then put in force.
 */
import type { Db } from '../../../db/client.ts';
import { type MadeDraw, type StoredDraw, storeDraw } from '../../../db/draws.ts';
import type { EventStore } from '../../../db/event-store.ts';
import { peekPresent } from '../../../lua/peek-present.ts';
import { publishDraw } from '../../../lua/publish-draw.ts';
import { type ClosedLobby, readLobby } from '../../../lua/read-lobby.ts';
import type { LobbyTick } from '../../../lua/tick-line.ts';
import { decideDraw, packNumbers } from '../../../shared/domain/draw/draw.ts';
import { LobbyTree } from '../../../shared/domain/draw/lobby-tree.ts';
import { drawNumbers } from '../../../shared/domain/draw/order.ts';
import { parseHex } from '../../../shared/domain/draw/receipt.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { RedisClient } from '../../../shared/runtime/redis.ts';
import type { DrawBook, WorkedDraw } from './draw-book.ts';
import { inSlices } from './in-slices.ts';

export type DrawerDeps = {
  readonly db: Db;
  readonly redis: RedisClient;
  readonly store: EventStore;
  readonly book: DrawBook;
  readonly log: Logger;
};

/** How often a tree is told who is away. */
const PEEK_MS = 2_000;

/** The tree of a lobby that fills. */
type Growing = {
  readonly lineEpoch: number;
  readonly firstNumber: number;
  readonly tree: Promise<LobbyTree>;
  /** A tree is worked on by one at a time. */
  work: Promise<unknown>;
  isBusy: boolean;
  peekedAtMs: number;
};

export class Drawer {
  readonly #deps: DrawerDeps;
  readonly #growing = new Map<EventId, Growing>();

  constructor(deps: DrawerDeps) {
    this.#deps = deps;
  }

  /** A lobby fills: lets its tree keep up. Returns at once. */
  prepare(eventId: EventId, lobby: LobbyTick): void {
    const growing = this.#tree(eventId, lobby);
    if (growing.isBusy) return;
    growing.isBusy = true;
    growing.work = growing.tree
      .then((tree) => this.#keepUp(eventId, tree, lobby, growing))
      .catch((error: Error) => {
        this.forget(eventId);
        this.#deps.log.debug({ eventId, err: error.message }, 'the tree of a lobby could not be grown');
      })
      .finally(() => {
        growing.isBusy = false;
      });
  }

  async #keepUp(eventId: EventId, tree: LobbyTree, lobby: LobbyTick, growing: Growing): Promise<void> {
    await inSlices(tree.grow(lobby.lobbyCount));
    const nowMs = performance.now();
    if (nowMs < growing.peekedAtMs + PEEK_MS) return;
    growing.peekedAtMs = nowMs;
    // Where it cannot be had, the opening takes a little longer.
    const present = await peekPresent(this.#deps.redis, eventId, lobby).catch(() => undefined);
    if (present !== undefined) await inSlices(tree.setPresent(present));
  }

  /** The lobby is no more, or is another's to draw. */
  forget(eventId: EventId): void {
    this.#growing.delete(eventId);
  }

  /** Draws a lobby that has closed, or puts in force what was drawn of it. Throws where a store does not answer. */
  async draw(eventId: EventId, { lineEpoch }: LobbyTick): Promise<void> {
    const { redis, store, book, log } = this.#deps;
    const startedMs = performance.now();
    const [stored, lobby] = await Promise.all([
      book.ofLine(eventId, lineEpoch),
      store.run(eventId, () => readLobby(redis, eventId)),
    ]);
    if (lobby === undefined || lobby.lineEpoch !== lineEpoch) return;
    const worked =
      stored.state === 'drawn' ? await book.worked(stored) : await this.#make(eventId, stored, lobby);
    const { made, numbers } = worked;
    // It is stored, and so it stands, whether or not this process gets to put it in force.
    book.remember(worked);
    const outcome = await store.run(eventId, () =>
      publishDraw(redis, eventId, made.record, packNumbers(numbers)),
    );
    this.forget(eventId);
    const { lobbyCount, presentCount } = made.record;
    const tookMs = Math.round(performance.now() - startedMs);
    log.info({ eventId, lobbyCount, presentCount, outcome, tookMs }, 'lobby drawn');
  }

  async #make(eventId: EventId, draw: StoredDraw, lobby: ClosedLobby): Promise<WorkedDraw> {
    const { db, book } = this.#deps;
    const { lineEpoch, lobbyCount, present } = lobby;
    const growing = this.#tree(eventId, lobby);
    await growing.work;
    let tree = await growing.tree;
    // A Redis that came back without its last second knows of fewer than were counted before.
    if (tree.count > lobbyCount) tree = new LobbyTree(draw.seed, { eventId, lineEpoch }, lobby.firstNumber);
    const outcome = await inSlices(decideDraw(draw.seed, tree, lobbyCount, present));
    const [made, numbers] = await Promise.all([
      storeDraw(db, draw.drawId, { eventId, lineEpoch }, lobby, outcome),
      inSlices(drawNumbers(parseHex(outcome.orderKey, 32)!, lobby, present)),
    ]);
    return isSame(made, outcome.root) ? { made, tree, numbers } : book.worked(made);
  }

  #tree(
    eventId: EventId,
    { lineEpoch, firstNumber }: { readonly lineEpoch: number; readonly firstNumber: number },
  ): Growing {
    const known = this.#growing.get(eventId);
    if (known?.lineEpoch === lineEpoch && known.firstNumber === firstNumber) return known;
    const tree = this.#deps.book
      .ofLine(eventId, lineEpoch)
      .then(({ seed }) => new LobbyTree(seed, { eventId, lineEpoch }, firstNumber));
    const growing = { lineEpoch, firstNumber, tree, work: Promise.resolve(), isBusy: false, peekedAtMs: 0 };
    tree.catch(() => this.forget(eventId));
    this.#growing.set(eventId, growing);
    return growing;
  }
}

const isSame = (made: MadeDraw, root: string): boolean => made.record.root === root;
