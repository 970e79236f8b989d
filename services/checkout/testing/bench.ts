/** A sale for a test: an event in a database of its own, two Redis servers, and as many workers as wanted. */
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { type Db, openDb } from '../../../db/client.ts';
import { EventStore } from '../../../db/event-store.ts';
import { insertEvent } from '../../../db/events.ts';
import { claimOrder, type Order, readOrder } from '../../../db/orders.ts';
import { type Keys, loadSigningKeys } from '../../../db/signing-keys.ts';
import { beginCheckout } from '../../../lua/begin-checkout.ts';
import { holdSeats } from '../../../lua/hold-seats.ts';
import { readSnapshot } from '../../../lua/read-snapshot.ts';
import { randomId } from '../../../shared/domain/ids.ts';
import type { OnSale } from '../../../shared/domain/on-sale.ts';
import { JobQueues } from '../../../shared/jobs/enqueue.ts';
import { readSeat } from '../../../shared/protocol/seat-bits.ts';
import { createLogger } from '../../../shared/runtime/log.ts';
import { parseOptions } from '../../../shared/runtime/options.ts';
import {
  commandClient,
  producerClient,
  queueClient,
  type RedisClient,
} from '../../../shared/runtime/redis.ts';
import { testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { planFromTemplate } from '../../../shared/venues/templates/plan-from-template.ts';
import { checkoutOptions } from '../config.ts';
import type { PaymentPort } from '../payment-port.ts';
import { simulatedPayments } from '../payment-simulated.ts';
import { CheckoutService, type ServiceParts } from '../service.ts';

const log = createLogger('test', process.env.TEST_LOG ?? 'silent');

export type WorkerWishes = {
  readonly provider?: PaymentPort;
  readonly env?: Readonly<Record<string, string>>;
} & Pick<Partial<ServiceParts>, 'outbox' | 'reconciler'>;

export type TestWorker = {
  readonly service: CheckoutService;
  readonly registry: Registry;
  stop(): Promise<void>;
};

export class Bench {
  readonly db: Db;
  readonly redis: RedisClient;
  readonly seatsServer: TestRedisServer;
  readonly queueServer: TestRedisServer;
  readonly store: EventStore;
  readonly jobs: JobQueues;
  readonly keys: Keys;
  readonly eventId: number;
  readonly databaseUrl: string;
  readonly #closers: (() => unknown)[];

  private constructor(
    parts: Pick<
      Bench,
      'db' | 'redis' | 'seatsServer' | 'queueServer' | 'store' | 'jobs' | 'keys' | 'eventId' | 'databaseUrl'
    >,
    closers: (() => unknown)[],
  ) {
    this.db = parts.db;
    this.redis = parts.redis;
    this.seatsServer = parts.seatsServer;
    this.queueServer = parts.queueServer;
    this.store = parts.store;
    this.jobs = parts.jobs;
    this.keys = parts.keys;
    this.eventId = parts.eventId;
    this.databaseUrl = parts.databaseUrl;
    this.#closers = closers;
  }

  static async open(onSale: Partial<OnSale> = {}, seats = 200): Promise<Bench> {
    const [database, seatsServer, queueServer] = await Promise.all([
      testDatabase(),
      startTestRedis(),
      startTestRedis(),
    ]);
    const db = openDb(database.url, { poolMax: 8 });
    const eventId = await insertTestEvent(db, onSale, seats);
    const redis = commandClient(seatsServer.url, log, 'test');
    const producer = producerClient(queueServer.url, log, 'test-jobs');
    await Promise.all([redis.connect(), producer.connect()]);
    const jobs = new JobQueues(producer);
    const closers = [
      () => jobs.close(),
      () => redis.disconnect(),
      () => producer.disconnect(),
      () => db.close(),
      () => database.close(),
      () => seatsServer.close(),
      () => queueServer.close(),
    ];
    const store = new EventStore(db, redis, log);
    const keys = await loadSigningKeys(db);
    const databaseUrl = database.url;
    return new Bench(
      { db, redis, seatsServer, queueServer, store, jobs, keys, eventId, databaseUrl },
      closers,
    );
  }

  /** Starts a checkout service of its own connections. */
  async worker(wishes: WorkerWishes = {}): Promise<TestWorker> {
    const config = parseOptions(checkoutOptions, {
      REDIS_URL: this.seatsServer.url,
      QUEUE_REDIS_URL: this.queueServer.url,
      DATABASE_URL: this.databaseUrl,
      TICKET_TIME_ZONE: 'Europe/Berlin',
      ...wishes.env,
    });
    const redis = commandClient(this.seatsServer.url, log, 'worker');
    const producerRedis = producerClient(this.queueServer.url, log, 'worker-jobs');
    const queueRedis = queueClient(this.queueServer.url, log, 'worker-queue');
    await Promise.all([redis, producerRedis, queueRedis].map((client) => client.connect().catch(() => {})));
    const registry = new Registry();
    const service = new CheckoutService({
      config,
      db: this.db,
      redis,
      queueRedis,
      producerRedis,
      store: new EventStore(this.db, redis, log),
      keys: this.keys,
      provider: wishes.provider ?? simulatedPayments(this.db),
      registry,
      log,
      outbox: wishes.outbox ?? QUICK_OUTBOX,
      reconciler: wishes.reconciler ?? QUICK_RECONCILER,
    });
    service.start();
    const stop = async () => {
      service.drain();
      await service.stop();
      for (const client of [redis, producerRedis, queueRedis]) client.disconnect();
    };
    this.#closers.unshift(stop);
    return { service, registry, stop };
  }

  /** Holds these seats and claims them, as the gateway does. Without `enqueue` only the outbox knows. */
  async order(seats: readonly number[], method = 'pm_card_visa', enqueue = true): Promise<Order> {
    const { db, redis, eventId } = this;
    const visitorId = randomId();
    const holdId = randomId();
    const orderId = randomUUID();
    const owner = { holdId, visitorId, admissionId: '' };
    const held = await this.store.run(eventId, () =>
      holdSeats(redis, eventId, { ...owner, seats, add: false }),
    );
    if (!held.granted) throw new Error(held.code);
    const begun = await beginCheckout(redis, eventId, { ...owner, orderId });
    if (!begun.begun) throw new Error(begun.code);
    const event = await this.store.get(eventId);
    await claimOrder(db, {
      ...owner,
      ...{ orderId, eventId, accountId: null, fence: begun.fence, payByMs: begun.payByMs },
      ...{ buyerName: 'Zoë <Example>', buyerEmail: 'zoe@example.org', paymentMethod: method },
      ...{ currency: event.currency, bodyHash: 'hash' },
      items: begun.seats.map((seat) => ({ seat, ...event.seatAt(seat) })),
    });
    if (enqueue) await this.jobs.add('order', { orderId });
    return (await readOrder(db, orderId))!;
  }

  /** Waits until the order has come to an end that the map was told of. */
  async settled(orderId: string, timeoutMs = 15_000): Promise<Order> {
    return until(
      async () => {
        const order = await readOrder(this.db, orderId);
        const ended = order && order.state !== 'claimed' && order.state !== 'authorised' && order.mapTold;
        return ended ? order : undefined;
      },
      { timeoutMs, everyMs: 20, what: `the end of order ${orderId}` },
    );
  }

  /** The states of seats on the map in Redis. */
  async seatStates(seats: readonly number[]): Promise<number[]> {
    const { bits } = await this.store.run(this.eventId, () => readSnapshot(this.redis, this.eventId));
    return seats.map((seat) => readSeat(bits, seat));
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }
}

/** Timings at which a test need not wait. */
export const QUICK_OUTBOX = {
  everyMs: 100,
  patience: { freshMs: 200, againMs: { order: 2_000, refund: 2_000, 'issue-tickets': 5_000, mail: 5_000 } },
};
export const QUICK_RECONCILER = { everyMs: 150, untoldMs: 200, overdueMs: 300 };

/** An event without a waiting room, open now. */
export async function insertTestEvent(db: Db, onSale: Partial<OnSale> = {}, seats = 200): Promise<number> {
  const made = planFromTemplate({ template: 'theatre', seats, currency: 'EUR' });
  if (!('plan' in made)) throw new Error(JSON.stringify(made.faults));
  return insertEvent(db.orm, {
    name: 'Nachtmusik: The Midnight Orchestra',
    startsAtMs: Date.now() + 30 * 86_400_000,
    plan: made.plan,
    onSale: { waitingRoom: 'off', ...onSale },
  });
}
