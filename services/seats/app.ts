/** The seat service put together: rooms, sessions, limits, and what a socket's life makes happen in them. */
import type { Registry } from 'prom-client';
import type { Db } from '../../db/client.ts';
import type { EventStore } from '../../db/event-store.ts';
import { isAdmitted } from '../../lua/is-admitted.ts';
import { readFeedPositions } from '../../lua/read-feed-positions.ts';
import { type ErrorCode, UsherError } from '../../shared/domain/errors.ts';
import { CLOSE } from '../../shared/protocol/close-codes.ts';
import type { Lifecycle } from '../../shared/runtime/lifecycle.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { watchDependencies } from '../../shared/runtime/metrics.ts';
import { onMoved, type RedisClient } from '../../shared/runtime/redis.ts';
import type { createAdmissionReader } from '../../shared/runtime/tokens.ts';
import { answerQuestion } from './answer-question.ts';
import { clientAddress, isLoopback } from './client-address.ts';
import type { SeatsConfig } from './config.ts';
import { Deadlines } from './deadlines.ts';
import type { FeedSubscriber } from './feed-subscriber.ts';
import { handleMessage } from './handle-message.ts';
import { dependenciesOf, healthOf } from './health.ts';
import { createSeatsMetrics } from './metrics.ts';
import { Reaper } from './reaper.ts';
import { Rooms } from './rooms.ts';
import { createServer, type SeatsServer } from './server.ts';
import type { Session, SessionFacts } from './session.ts';
import { KeyedBuckets } from './token-bucket.ts';
import { judgeUpgrade } from './upgrade.ts';

export type SeatsDeps = {
  readonly config: SeatsConfig;
  readonly log: Logger;
  readonly registry: Registry;
  readonly db: Db;
  readonly redis: RedisClient;
  readonly subscriber: FeedSubscriber;
  readonly store: EventStore;
  readonly readAdmission: ReturnType<typeof createAdmissionReader>;
  readonly lifecycle: Lifecycle;
  /** Loopback addresses are not limited: with `npm start`, load tests come from there. */
  readonly spareLoopback: boolean;
};

/** A room whose last line was lost is found out after two of these. */
const CHECK_MS = 1_000;
/** Draining closes this share of the sockets at a time, so that they do not all come back at once. */
const DRAIN_WAVES = 10;
const DRAIN_WAVE_MS = 200;

export class SeatsApp {
  readonly name = 'seats';
  readonly #deps: SeatsDeps;
  readonly #rooms: Rooms;
  readonly #metrics;
  readonly #reaper: Reaper;
  readonly #deadlines = new Deadlines({
    closingSoon: (session) =>
      session.send({ type: 'notice', code: 'closing_soon', message: 'Your time inside ends in a minute.' }),
    over: (session) => session.close(CLOSE.admissionEnded, 'admission ended'),
  });
  readonly #holdAttempts: KeyedBuckets;
  readonly #server: SeatsServer;
  readonly #sessions = new Set<Session>();
  readonly #byAddress = new Map<string, number>();
  #check: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(deps: SeatsDeps) {
    this.#deps = deps;
    const { config } = deps;
    this.#metrics = createSeatsMetrics(deps.registry);
    this.#holdAttempts = new KeyedBuckets(
      config.HOLDS_PER_MINUTE,
      config.HOLDS_PER_MINUTE / 60,
      config.HOLD_COOLDOWN_MS,
    );
    this.#reaper = new Reaper({ ...deps, metrics: this.#metrics });
    watchDependencies(deps.registry, () =>
      dependenciesOf({ ...deps, notificationsUp: this.#reaper.notifications.up }),
    );
    const rules = { readAdmission: deps.readAdmission, allowedOrigins: config.ALLOWED_ORIGINS };
    this.#server = createServer(
      {
        judge: (request) => judgeUpgrade(rules, request),
        prepare: (facts) => this.#prepare(facts),
        opened: (session, listen) => this.#opened(session, listen),
        message: (session, text) => this.#message(session, text),
        closed: (session, code, tooSlow) => this.#closed(session, code, tooSlow),
        http: (path) => this.#http(path),
        clientAddress: clientAddress(config.TRUST_PROXY),
        refused: (code) => this.#metrics.upgrades.inc({ outcome: code }),
      },
      { backpressureBytesMax: config.BACKPRESSURE_BYTES_MAX },
    );
    this.#rooms = new Rooms({
      ...deps,
      metrics: this.#metrics,
      publish: (topic, frame) => this.#server.publish(topic, frame),
      expectDeadline: (eventId, deadlineMs) => this.#reaper.expect(eventId, deadlineMs),
    });
  }

  /** Resolves with the port that it listens on. */
  async start(): Promise<number> {
    await this.#reaper.start();
    onMoved(this.#deps.redis, () => this.#rooms.recover('moved'));
    this.#deadlines.start();
    this.#check = setInterval(() => void this.#checkRooms(), CHECK_MS);
    return this.#server.listen(this.#deps.config.HOST, this.#deps.config.SEATS_PORT);
  }

  /** Sends everybody away in waves, with the word that they may come back. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#server.stopListening();
    const sessions = [...this.#sessions];
    const wave = Math.max(100, Math.ceil(sessions.length / DRAIN_WAVES));
    for (let from = 0; from < sessions.length; from += wave) {
      if (from > 0) await new Promise((resolve) => setTimeout(resolve, DRAIN_WAVE_MS));
      for (const session of sessions.slice(from, from + wave)) session.close(CLOSE.restarting, 'restarting');
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#check);
    this.#deadlines.stop();
    this.#reaper.stop();
    await this.#rooms.stop();
    this.#server.close();
  }

  #prepare(facts: SessionFacts): ErrorCode | undefined | Promise<ErrorCode | undefined> {
    if (this.#stopping) return 'unavailable';
    const room = this.#rooms.peek(facts.eventId);
    if (room === undefined) return this.#openRoom(facts);
    return room.hasEnded(facts.admissionId) ? 'admission_ended' : undefined;
  }

  async #openRoom(facts: SessionFacts): Promise<ErrorCode | undefined> {
    try {
      await this.#rooms.get(facts.eventId);
      // What ended before the room was open was not heard of here.
      const { redis, store } = this.#deps;
      const lives = await store.run(facts.eventId, () => isAdmitted(redis, facts.eventId, facts.admissionId));
      return lives ? undefined : 'admission_ended';
    } catch (error) {
      if (error instanceof UsherError) return error.code;
      this.#deps.log.error({ err: error, eventId: facts.eventId }, 'an event could not be opened');
      return 'unavailable';
    }
  }

  #opened(session: Session, listen: (topic: string) => void): void {
    const { facts } = session;
    const room = this.#rooms.peek(facts.eventId);
    this.#sessions.add(session);
    this.#metrics.sockets.set(this.#sessions.size);
    const address = this.#countAddress(facts.address, 1);
    const { config, spareLoopback } = this.#deps;
    if (room === undefined || this.#stopping) {
      session.close(CLOSE.restarting, 'restarting');
      return;
    }
    const tooMany =
      this.#sessions.size > config.SOCKETS_MAX ||
      room.audience.countOf(facts.visitorId) >= config.SOCKETS_PER_VISITOR_MAX ||
      (address > config.SOCKETS_PER_ADDRESS_MAX && !(spareLoopback && isLoopback(facts.address)));
    if (tooMany) {
      this.#metrics.upgrades.inc({ outcome: 'too_many' });
      session.close(CLOSE.tooMany, 'too many connections');
      return;
    }
    this.#metrics.upgrades.inc({ outcome: 'opened' });
    this.#deadlines.add(session);
    room.admit(
      session,
      (resumed) =>
        session.send({
          type: 'welcome',
          epoch: room.mirror.epoch,
          offset: resumed && facts.resume ? facts.resume.offset : room.mirror.offset,
          resumed,
          visitorId: facts.visitorId,
          holds: room.holds.of(facts.visitorId),
          admissionExpiresAtMs: facts.admissionExpiresAtMs,
          serverTimeMs: Date.now(),
        }),
      listen,
    );
  }

  #message(session: Session, text: string | undefined): void {
    this.#metrics.messages.inc();
    const { facts } = session;
    const context = {
      takeMessage: () => session.messages.take(),
      takeHoldAttempt: () => this.#holdAttempts.take(`${facts.eventId}/${facts.visitorId}`),
      get unreadable() {
        return session.unreadable;
      },
      set unreadable(count: number) {
        session.unreadable = count;
      },
    };
    for (const effect of handleMessage(context, text)) {
      if (effect.kind === 'send') session.send(effect.message);
      else if (effect.kind === 'close') session.close(effect.code, effect.reason);
      else if (effect.kind === 'resync') this.#rooms.peek(facts.eventId)?.resync(session);
      else void answerQuestion({ ...this.#deps, metrics: this.#metrics }, session, effect.question);
    }
  }

  #closed(session: Session, code: number, tooSlow: boolean): void {
    if (!this.#sessions.delete(session)) return;
    this.#metrics.sockets.set(this.#sessions.size);
    this.#metrics.closes.inc({ code: String(code) });
    if (tooSlow) this.#metrics.slowCloses.inc();
    this.#countAddress(session.facts.address, -1);
    this.#deadlines.remove(session);
    this.#rooms.peek(session.facts.eventId)?.audience.remove(session);
  }

  #countAddress(address: string, by: 1 | -1): number {
    const count = (this.#byAddress.get(address) ?? 0) + by;
    if (count <= 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
    return count;
  }

  async #checkRooms(): Promise<void> {
    this.#rooms.closeEmpty();
    try {
      const positions = await readFeedPositions(this.#deps.redis, this.#rooms.eventIds);
      for (const { eventId, epoch, offset } of positions) this.#rooms.peek(eventId)?.check(epoch, offset);
    } catch {
      // Redis is away, which the subscriber has noticed too.
    }
  }

  #health() {
    return healthOf({ ...this.#deps, notificationsUp: this.#reaper.notifications.up });
  }

  async #http(path: string) {
    const { registry, lifecycle } = this.#deps;
    if (path === '/metrics') {
      this.#metrics.rooms.set(this.#rooms.eventIds.length);
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }
    if (path === '/health') return this.#health();
    if (path === '/ready') {
      const health = await this.#health();
      const ready = lifecycle.ready && health.reachable;
      return { status: ready ? 200 : 503, type: 'application/json', body: JSON.stringify({ ready }) };
    }
    return undefined;
  }
}
