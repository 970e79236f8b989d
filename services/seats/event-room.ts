/**
 * One event in this process: who watches it, what they have been told, and the feed that says what is next.
 * Rules FE1 to FE6.
 *
 * starting    subscribed, waiting for the first snapshot; lines are kept
 * live        every line is the one after the last
 * recovering  a line was missed; the stream (or, where it is trimmed, a snapshot) fills the hole
 */
import type { EventStore } from '../../db/event-store.ts';
import { type FeedEntry, parseFeedEntry, parseFeedPosition } from '../../lua/feed-entry.ts';
import { readFeed } from '../../lua/read-feed.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { readSnapshot } from '../../lua/read-snapshot.ts';
import type { AdmissionId, EventId } from '../../shared/domain/ids.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';
import { Audience } from './audience.ts';
import type { FeedListener, FeedSubscriber } from './feed-subscriber.ts';
import { MapMirror } from './map-mirror.ts';
import type { SeatsMetrics } from './metrics.ts';
import { tellHolders } from './private-messages.ts';
import { RoomHolds } from './room-holds.ts';
import type { Session } from './session.ts';
import { Ticker } from './ticker.ts';

export type RoomDeps = {
  readonly redis: RedisClient;
  readonly store: EventStore;
  readonly subscriber: FeedSubscriber;
  readonly log: Logger;
  readonly metrics: SeatsMetrics;
  /** Sends a frame to the sockets of a topic. */
  readonly publish: (topic: string, frame: string | Uint8Array) => void;
  /** Says that a hold ends then. */
  readonly expectDeadline: (eventId: EventId, deadlineMs: number) => void;
};

/** A recovery that failed is tried again after this long; meanwhile the map is stale and says so. */
const RECOVER_RETRY_MS = 250;
/** Ended admissions remembered: at 10,000 a minute those of the last ten minutes. */
const ENDED_MAX = 100_000;
/** Lines kept while starting or recovering; more than this and a snapshot is taken anyway. */
const KEPT_LINES_MAX = 50_000;

type Line = { readonly epoch: number; readonly offset: number; readonly text: string };

export class EventRoom implements FeedListener {
  readonly eventId: EventId;
  readonly audience = new Audience();
  readonly mirror = new MapMirror();
  readonly holds = new RoomHolds();
  /** Admissions that have ended, the latest: their tokens may be good for a while yet. */
  readonly #ended = new Set<AdmissionId>();
  readonly #deps: RoomDeps;
  readonly #ticker: Ticker;
  readonly #stopped = new AbortController();
  #state: 'starting' | 'live' | 'recovering' = 'starting';
  #kept: Line[] = [];
  /** Something was missed while the room was asking, perhaps after the moment that the answer tells of. */
  #askAgain = false;
  /** The offset of Redis at the last check, to tell a late line from a lost one. */
  #lastChecked = -1;

  constructor(eventId: EventId, deps: RoomDeps) {
    this.eventId = eventId;
    this.#deps = deps;
    this.#ticker = new Ticker(this.mirror, this.audience, deps.metrics, (shard, frame) =>
      deps.publish(this.topic(shard), frame),
    );
  }

  topic(shard: number): string {
    return `${this.eventId}/${shard}`;
  }

  /** Throws what the event store throws: `unknown_event`, `unavailable`. */
  async start(): Promise<void> {
    const { store, redis, subscriber } = this.#deps;
    await store.get(this.eventId);
    await subscriber.subscribe(this.eventId, this);
    this.mirror.reset(await store.run(this.eventId, () => readSnapshot(redis, this.eventId)));
    await this.#readHolds();
    this.#becomeLive();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#ticker.stop();
    await this.#deps.subscriber.unsubscribe(this.eventId).catch(() => {});
  }

  /** Welcomes a session: it gets what it missed, or a snapshot, and hears every frame after that. */
  admit(session: Session, welcome: (resumed: boolean) => void, listen: (topic: string) => void): void {
    this.audience.add(session);
    const { resume, binary } = session.facts;
    const missed = resume && this.mirror.missedSince(resume.epoch, resume.offset);
    welcome(missed !== undefined);
    if (missed === undefined) {
      session.sendFrame(this.mirror.snapshot(binary));
      this.#deps.metrics.snapshots.inc();
    } else if (missed !== 'current') {
      session.sendFrame(this.#ticker.encode(missed, binary));
    }
    this.#ticker.whenIdle(() => {
      if (!session.closed) listen(this.topic(this.audience.assignShard(session)));
    });
  }

  /** Whether the feed has told that an admission is over. */
  hasEnded(admissionId: AdmissionId): boolean {
    return this.#ended.has(admissionId);
  }

  #remember(admissionId: AdmissionId): void {
    this.#ended.add(admissionId);
    if (this.#ended.size > ENDED_MAX) this.#ended.delete(this.#ended.values().next().value!);
  }

  /** A client has seen a hole: it gets a snapshot. */
  resync(session: Session): void {
    this.#deps.metrics.resyncs.inc();
    this.#ticker.whenIdle(() => session.sendFrame(this.mirror.snapshot(session.facts.binary)));
  }

  heard(line: string): void {
    const space = line.indexOf(' ');
    const { epoch, offset } = parseFeedPosition(line.slice(0, space));
    const text = line.slice(space + 1);
    if (this.#state !== 'live') {
      this.#kept.push({ epoch, offset, text });
      if (this.#kept.length > KEPT_LINES_MAX) this.#kept = [];
      return;
    }
    this.#take({ epoch, offset, text });
  }

  reconnected(): void {
    for (const session of this.audience.sessions) {
      session.send({ type: 'notice', code: 'recovered', message: 'The seat map is live again.' });
    }
    this.recover('reconnected');
  }

  /** Asks what was missed: something may have been, and nothing more will tell of it. */
  recover(why: string): void {
    if (this.#state === 'live') void this.#recover(why);
    else this.#askAgain = true;
  }

  disconnected(): void {
    for (const session of this.audience.sessions) {
      session.send({
        type: 'notice',
        code: 'degraded',
        message: 'The seat map may be out of date for a moment.',
      });
    }
  }

  /** Notices a line that was lost without a trace: the last one before a silence. */
  check(epoch: number, offset: number): void {
    if (this.#state !== 'live') return;
    const behind = epoch !== this.mirror.epoch || offset > this.mirror.heard;
    if (behind && this.#lastChecked === offset) void this.#recover('silent gap');
    this.#lastChecked = behind ? offset : -1;
  }

  #take({ epoch, offset, text }: Line): void {
    if (epoch < this.mirror.epoch || (epoch === this.mirror.epoch && offset <= this.mirror.heard)) return;
    if (epoch > this.mirror.epoch || offset > this.mirror.heard + 1) {
      this.#kept.push({ epoch, offset, text });
      void this.#recover(epoch > this.mirror.epoch ? 'new epoch' : 'gap');
      return;
    }
    this.#apply(offset, parseFeedEntry(text));
  }

  #apply(offset: number, entry: FeedEntry): void {
    this.mirror.apply(offset, entry);
    this.holds.apply(entry);
    if (entry.kind === 'ended') this.#remember(entry.admissionId);
    tellHolders(this.audience, entry);
    if (entry.kind === 'locked' || entry.kind === 'extended') {
      this.#deps.expectDeadline(this.eventId, entry.expiresAtMs);
    }
    if (this.mirror.hasPending) this.#ticker.wake();
  }

  async #recover(why: string): Promise<void> {
    const { metrics, log } = this.#deps;
    this.#state = 'recovering';
    metrics.recoveries.inc({ why });
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#fillHole();
        this.#becomeLive();
        return;
      } catch (error) {
        log.debug({ eventId: this.eventId, err: error }, 'feed not recovered yet');
        await new Promise((resolve) => setTimeout(resolve, RECOVER_RETRY_MS));
      }
    }
  }

  async #fillHole(): Promise<void> {
    const { store, redis, log } = this.#deps;
    const snapshot = await store.run(this.eventId, () => readSnapshot(redis, this.eventId));
    if (snapshot.epoch !== this.mirror.epoch || snapshot.offset < this.mirror.heard) {
      this.mirror.reset(snapshot);
      await this.#readHolds();
      for (const session of this.audience.sessions) {
        session.forgetEchoes();
        session.sendFrame(this.mirror.snapshot(session.facts.binary));
      }
      log.info({ eventId: this.eventId, epoch: snapshot.epoch }, 'new epoch: everybody gets the map again');
      return;
    }
    const missed = await readFeed(redis, this.eventId, this.mirror.epoch, this.mirror.heard);
    if (missed === 'trimmed') {
      this.mirror.catchUp(snapshot);
      await this.#readHolds();
      log.warn({ eventId: this.eventId }, 'the feed was trimmed before it was read: caught up by snapshot');
      this.#ticker.wake();
      return;
    }
    for (const { offset, entry } of missed) this.#apply(offset, entry);
  }

  /** Reads who holds what, and tells those who have lost a hold without the feed having told it. */
  async #readHolds(): Promise<void> {
    for (const { visitorId, hold } of this.holds.reset(await listHolds(this.#deps.redis, this.eventId))) {
      for (const session of this.audience.ofVisitor(visitorId)) {
        session.send({ type: 'hold_ended', holdId: hold.holdId, seats: hold.seats, reason: 'revoked' });
      }
    }
  }

  #becomeLive(): void {
    this.#state = 'live';
    const kept = this.#kept;
    this.#kept = [];
    for (const line of kept) {
      if (this.#state === 'live') this.#take(line);
      else this.#kept.push(line);
    }
    const again = this.#askAgain;
    this.#askAgain = false;
    if (again) this.recover('missed while asking');
  }
}
