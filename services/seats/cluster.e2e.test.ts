/**
 * The three services on a Redis Cluster: events on each of its masters, and one master that dies with sales that
 * its replica has not heard of.
 */
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDb } from '../../db/client.ts';
import { eventKey, holdKey } from '../../lua/keys.ts';
import { readCounts } from '../../lua/read-counts.ts';
import { readSnapshot } from '../../lua/read-snapshot.ts';
import { base64ToBits, readSeat, writeSeat } from '../../shared/protocol/seat-bits.ts';
import {
  commandClient,
  type RedisClient,
  reachAll,
  serverOf,
  serversOf,
} from '../../shared/runtime/redis.ts';
import { Buyer, call, type TestSocket } from '../../shared/testing/buyer.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { startTestCluster, type TestCluster } from '../../shared/testing/redis-cluster.ts';
import { until } from '../../shared/testing/wait.ts';
import { ExpiryNotifications } from './expiry-notifications.ts';

const SEAT_STATES = { released: 0, locked: 1, sold: 2, blocked: 3 } as const;
/** Late enough to tell, and early enough for whoever waits. */
const LATE_MS_MAX = 250;

let cluster: TestCluster;
let house: House;
let redis: RedisClient;
/** An event on each master, in their order. */
let eventIds: number[];

beforeAll(async () => {
  cluster = await startTestCluster();
  house = await startHouse({ env: { REDIS_URL: cluster.url } });
  redis = commandClient(cluster.url, pino({ level: 'silent' }), 'test');
  await redis.connect();
  const byPort = new Map<number, number>();
  while (byPort.size < cluster.masters.length) {
    const eventId = await house.createEvent({ onSale: { holdMs: 1_500 } });
    byPort.set(serverOf(redis, eventKey(eventId, 'event')).options.port!, eventId);
  }
  eventIds = cluster.masters.map(({ port }) => byPort.get(port)!);
});

afterAll(async () => {
  redis?.disconnect();
  await house?.close();
  await cluster?.close();
});

const watch = (eventId: number) => new Buyer(house.gatewayUrl, eventId).watch();

async function holdEnds(eventId: number, seat: number): Promise<void> {
  const [holder, watcher] = [await watch(eventId), await watch(eventId)];
  const granted = await holder.ask({ type: 'hold', seats: [seat] });
  if (granted.type !== 'hold_granted') throw new Error(JSON.stringify(granted));
  await watcher.seatChanged(seat, 'locked');
  await watcher.seatChanged(seat, 'released');
  const lateMs = Date.now() - granted.expiresAtMs;
  expect(lateMs).toBeGreaterThanOrEqual(-2);
  expect(lateMs).toBeLessThan(LATE_MS_MAX);
  expect(await holder.heard('hold_ended')).toMatchObject({ holdId: granted.holdId, reason: 'expired' });
  holder.close();
  watcher.close();
}

/** Holds these seats and pays for them. */
async function buy(eventId: number, seats: number[]): Promise<void> {
  const buyer = new Buyer(house.gatewayUrl, eventId);
  const socket = await buyer.watch();
  const granted = await socket.ask({ type: 'hold', seats });
  if (granted.type !== 'hold_granted') throw new Error(JSON.stringify(granted));
  const { body } = await buyer.order(granted.holdId);
  expect(await buyer.settled(body.orderId)).toMatchObject({ status: 'paid', seats });
  socket.close();
}

/** The map as a client has it: its last snapshot and what came after. */
function mapOf({ messages }: TestSocket): { epoch: number; bits: Uint8Array } {
  let epoch = 0;
  let bits: Uint8Array = new Uint8Array();
  for (const message of messages) {
    if (message.type === 'snapshot') {
      epoch = message.epoch;
      bits = base64ToBits(message.states);
    } else if (message.type === 'delta') {
      for (const { seat, change } of message.changes) writeSeat(bits, seat, SEAT_STATES[change]);
    }
  }
  return { epoch, bits };
}

async function claimedSeats(eventId: number): Promise<number[]> {
  const db = openDb(house.database.url, { poolMax: 1 });
  try {
    const rows = await db.sql`select seat_index from claims where event_id = ${eventId} order by seat_index`;
    return rows.map(({ seat_index }) => Number(seat_index));
  } finally {
    await db.close();
  }
}

describe('events on every master', () => {
  it('HO8 holds end at their deadline, and the rooms hear of it', async () => {
    await Promise.all(eventIds.map((eventId) => holdEnds(eventId, 20)));
  });

  it('FE1 counts of all of them are read at once', async () => {
    const counts = await readCounts(redis, eventIds);
    expect([...counts.keys()].sort()).toEqual([...eventIds].sort());
    for (const { seats } of counts.values()) expect(seats).toMatchObject({ total: 200, available: 200 });
  });
});

it('FE3 a feed connection that broke is made again at another node, and the rooms ask what they missed', async () => {
  const [eventId] = eventIds as [number];
  const watcher = await watch(eventId);
  for (const { url } of [...cluster.masters, cluster.replica]) {
    const node = new Redis(url);
    await node.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    node.disconnect();
  }
  await watcher.heard('notice', ({ code }) => code === 'recovered');
  await holdEnds(eventId, 30);
  await watcher.seatChanged(30, 'released');
  watcher.close();
});

it('FE6 FE3 HO9 a replica that missed sales takes over: nothing is sold twice, and every map is right again', async () => {
  const heard = new Set<number>();
  const notifications = new ExpiryNotifications(redis, pino({ level: 'silent' }), (id) => heard.add(id));
  await notifications.start();
  const hearAll = async () => {
    heard.clear();
    await Promise.all(eventIds.map((id) => redis.set(holdKey(id, 'proof'), '', 'PX', 20)));
    await until(() => heard.size === eventIds.length, { what: 'the expiry of a key on each master' });
  };
  await hearAll();

  const [eventId, elsewhere] = eventIds as [number, number];
  const watcher = await watch(eventId);
  const before = await watcher.heard('snapshot');
  await buy(eventId, [1]);

  // From here on the replica hears nothing any more.
  cluster.replica.pause();
  const master = new Redis(cluster.masters[0]!.url);
  await master.call('CLIENT', 'KILL', 'TYPE', 'replica');
  master.disconnect();
  await buy(eventId, [2, 3]);
  const holder = await watch(eventId);
  expect(await holder.ask({ type: 'hold', seats: [5] })).toMatchObject({ type: 'hold_granted' });
  await cluster.masters[0]!.kill();
  cluster.replica.resume();

  expect(await holder.ask({ type: 'hold', seats: [6] })).toMatchObject({ code: 'unavailable' });
  await expect(reachAll(redis)).rejects.toThrow();
  const other = await watch(elsewhere);
  expect(await other.ask({ type: 'hold', seats: [7] })).toMatchObject({ type: 'hold_granted' });
  other.close();

  const after = await watcher.heard('snapshot', ({ epoch }) => epoch > before.epoch, 10_000);
  expect(after.epoch).toBeGreaterThan(before.epoch);
  // Each process notices by itself; until it has, it asks to be asked again.
  const late = await until(() => watch(eventId), { what: 'the gateway to find the new master' });
  for (const seat of [1, 2, 3]) {
    expect(await late.ask({ type: 'hold', seats: [seat] })).toMatchObject({ code: 'seats_taken' });
  }
  holder.close();
  late.close();
  await holdEnds(eventId, 8);
  await buy(eventId, [9]);
  await hearAll();
  expect(notifications.up).toBe(true);
  notifications.stop();

  await watcher.seatChanged(9, 'sold', 15_000);
  const { bits, epoch } = await readSnapshot(redis, eventId);
  expect(mapOf(watcher)).toEqual({ epoch, bits: new Uint8Array(bits) });
  const sold = Array.from({ length: 200 }, (_, seat) => seat).filter((seat) => readSeat(bits, seat) !== 0);
  expect(sold).toEqual([1, 2, 3, 9]);
  expect(await claimedSeats(eventId)).toEqual(sold);
  watcher.close();

  expect(serversOf(redis)).toHaveLength(cluster.masters.length);
  await reachAll(redis);
  const { body } = await call<{ status: string }>(`${house.seatsUrl.replace('ws:', 'http:')}/health`);
  expect(body.status).toBe('ok');
}, 40_000);
