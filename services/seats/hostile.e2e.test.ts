/**
 * Ten thousand frames and upgrade requests that nobody honest sends, seeded: the service lives, stays small, and
 * answers those who are honest meanwhile. Rules PR3, PR11, HO11.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SeatError } from '../../shared/client/pending-requests.ts';
import { SeatClient } from '../../shared/client/seat-client.ts';
import type { WebSocketConstructor } from '../../shared/client/seat-socket.ts';
import { Buyer, call } from '../../shared/testing/buyer.ts';
import { fuzzSeed, Random } from '../../shared/testing/fuzz-seed.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { until } from '../../shared/testing/wait.ts';

const FRAMES = 6_000;
const UPGRADES = 4_000;
/** Sockets that attack side by side. */
const ATTACKERS = 16;
/** What the collector may not have come to yet; a leak of 10 KB an attack would be 75 MB. */
const GROWTH_MB_MAX = 60;
const ANSWER_MS_MAX = 2_000;
/** The attackers' messages name lower ones, and some of those are right by accident. */
const HONEST_SEAT = 150;

let house: House;
let eventId: number;
let token: string;
let port: number;
/** Good upgrades that were closed instead of answered, with what was heard. */
const cut: string[] = [];

beforeAll(async () => {
  house = await startHouse({
    env: { SOCKETS_PER_VISITOR_MAX: '1000', HOLDS_PER_MINUTE: '100000', LOG_LEVEL: 'info' },
  });
  eventId = await house.createEvent();
  token = (await new Buyer(house.gatewayUrl, eventId).enter()).admissionToken;
  port = Number(new URL(house.seatsUrl).port);
}, 60_000);
afterAll(() => house?.close());

const memoryMb = () => {
  const status = readFileSync(`/proc/${house.pid('seats')}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
};

async function expectHealthy(): Promise<void> {
  const response = await fetch(`${house.seatsUrl.replace('ws:', 'http:')}/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ status: 'ok' });
}

/** A plain connection to the seat service that swallows what it hears, and its end. */
function open(): Promise<{ socket: Socket; heard: () => string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    if (heard.length < 400) heard += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve({ socket, heard: () => heard, closed }));
    socket.once('error', reject);
  });
}

const handshake = (path = `/events/${eventId}`, protocols = `usher.v1.json, usher.token.${token}`) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocols}\r\n\r\n`;

/** One WebSocket frame, as right or as wrong as asked for. */
function frame(
  payload: Buffer,
  { opcode = 1, fin = true, reserved = 0, masked = true, length = payload.length } = {},
): Buffer {
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 255);
  else {
    const wide = Buffer.alloc(8);
    wide.writeBigUInt64BE(BigInt(length));
    head.push(mask | 127, ...wide);
  }
  const key = masked ? [7, 77, 177, 13] : [];
  const body = masked ? payload.map((byte, at) => byte ^ key[at % 4]!) : payload;
  return Buffer.concat([Buffer.from(head), Buffer.from(key), body]);
}

const bytes = (random: Random, count: number) =>
  Buffer.from(Array.from({ length: count }, () => random.below(256)));

/** Text that is a message, nearly. */
function hostileText(random: Random): string {
  const odd = () =>
    random.pick<unknown>([
      ...[
        null,
        true,
        '',
        'x'.repeat(random.below(300)),
        [],
        {},
        [[]],
        -1,
        0.5,
        1e308,
        -1e308,
        2 ** 53,
        '1',
        '\u0000',
      ],
      ...[
        '__proto__',
        'constructor',
        { toString: 1 },
        { length: 5 },
        [1, 1],
        ['1'],
        [null],
        [1e99],
        ' ',
        '😀',
      ],
    ]);
  const type = random.pick<unknown>([
    'hold',
    'hold_best',
    'extend',
    'release',
    'resync',
    'ping',
    'nonsense',
    odd(),
  ]);
  return random.pick<() => string>([
    () => JSON.stringify({ type, ref: odd(), seats: odd(), holdId: odd(), count: odd() }),
    () =>
      JSON.stringify({ type: 'hold', ref: 1, seats: Array.from({ length: random.below(300) }, () => odd()) }),
    () => JSON.stringify({ type: 'hold', ref: 1, seats: [random.pick([-1, 2 ** 31 - 1, -(2 ** 31), 1e9])] }),
    () => JSON.stringify({ type: 'hold_best', ref: 1, count: 100, sectionId: odd(), categoryId: odd() }),
    () =>
      JSON.stringify({
        type: 'hold',
        ref: 1,
        seats: [3],
        holdId: random.pick(['a|b', 'a,b', '{7}', '*', 'x\r\nDEL']),
      }),
    () =>
      `{"type":"hold","ref":1,"seats":[1],"__proto__":{"type":"ping"},"constructor":{"prototype":{"x":1}}}`,
    () => `{"__proto__":{"closed":true},"type":"ping","ref":${random.below(9)}}`,
    () => '['.repeat(random.between(1, 8_000)),
    () => '{"a":'.repeat(random.between(1, 3_000)),
    () => `{"type":"ping","ref":${'9'.repeat(random.between(1, 4_000))}}`,
    () => '{"type":"hold","ref":1,"seats":[1],"type":"ping"}',
    () => `"${'\\u0000'.repeat(random.below(500))}"`,
    () => bytes(random, random.below(200)).toString('latin1'),
  ])();
}

/** One frame, or a few that belong together. Some end the connection, most do not. */
function hostileFrame(random: Random): Buffer {
  const text = () => Buffer.from(hostileText(random));
  return random.pick<() => Buffer>([
    ...Array.from({ length: 12 }, () => () => frame(text())),
    () => frame(bytes(random, random.below(2_000)), { opcode: 2 }),
    () => frame(Buffer.from([0xc3, 0x28, 0xff, 0xfe]), { opcode: 1 }),
    () => Buffer.concat([frame(text(), { fin: false }), frame(text(), { opcode: 0 })]),
    () =>
      Buffer.concat([
        frame(text(), { fin: false }),
        frame(Buffer.alloc(3), { opcode: 9 }),
        frame(text(), { opcode: 0, fin: false }),
      ]),
    () => frame(text(), { opcode: 0 }),
    () => frame(text(), { opcode: random.pick([3, 7, 11, 15]) }),
    () => frame(text(), { reserved: random.between(1, 7) }),
    () => frame(text(), { masked: false }),
    () => frame(Buffer.alloc(200), { opcode: random.pick([8, 9, 10]) }),
    () => frame(bytes(random, 2), { opcode: 8 }),
    () => frame(Buffer.alloc(100), { length: random.pick([2 ** 31, 2 ** 40, 20_000, 65_535]) }),
    () => frame(Buffer.alloc(17_000, 0x20)),
    () => bytes(random, random.between(1, 300)),
  ])();
}

/** A request that is no upgrade, or not quite. */
function hostileRequest(random: Random): string | Buffer {
  const path = `/events/${eventId}`;
  const good = handshake();
  return random.pick<() => string | Buffer>([
    () => handshake(path, `usher.v1.json, usher.token.${bytes(random, 200).toString('base64url')}`),
    () => handshake(path, `usher.token.${token.slice(0, random.below(token.length))}`),
    () =>
      handshake(
        path,
        `usher.token.${token.replace(/\.[^.]*\./, `.${Buffer.from('{"eventId":1}').toString('base64url')}.`)}`,
      ),
    () => handshake(path, 'usher.v1.json, '.repeat(random.between(1, 300))),
    () =>
      handshake(
        `/events/${random.pick(['-1', '0', '1e9', '99999999999', '%00', '../..', "'or'1", '9'.repeat(500), '😀'])}`,
      ),
    () =>
      handshake(
        `${path}?epoch=${random.pick(['x', '-1', '1e400', 'NaN'])}&offset=${random.pick(['', '-5', '9'.repeat(400)])}`,
        'usher.v1.json',
      ),
    () => handshake(`${path}?token=${'A'.repeat(random.between(1, 3_000))}`, 'usher.v1.json'),
    () => handshake(`${path}?${'&a='.repeat(1_000)}`, 'usher.v1.json'),
    () => good.slice(0, random.below(good.length)),
    () => good.replace(/Sec-WebSocket-Key: .*\r\n/, ''),
    () => good.replace('13\r\n', `${random.below(99)}\r\n`),
    () => good.replace('Host', `X-Long: ${'a'.repeat(random.between(1, 20_000))}\r\nHost`),
    () => good.replace('Host', `${'X: y\r\n'.repeat(random.between(1, 300))}Host`),
    () => good.replace('GET', random.pick(['POST', 'PUT', 'OPTIONS', 'get', 'G\u0000T', ''])),
    () => good.replace('HTTP/1.1', random.pick(['HTTP/1.0', 'HTTP/9.9', ''])),
    () =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${random.pick(['-1', '9'.repeat(30), 'x'])}\r\n\r\n`,
    () =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${random.pick(['zz', 'ffffffffffffffff\r\n', '5\r\nab'])}`,
    () => `GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(random.between(1, 20)),
    () => bytes(random, random.between(1, 500)),
    () => '\r\n\r\n'.repeat(random.below(50)),
  ])();
}

/** Sockets that are opened rightly and then used wrongly, until so many frames have been sent. */
async function attackByFrames(random: Random, frames: number): Promise<void> {
  for (let sent = 0; sent < frames; ) {
    const { socket, heard, closed } = await open();
    socket.write(handshake());
    let isCut = false;
    void closed.then(() => {
      isCut = true;
    });
    await until(() => isCut || heard().includes('101 Switching'), {
      everyMs: 2,
      what: 'an upgrade to be answered',
    });
    if (isCut) cut.push(heard());
    // The service closes at the eleventh unreadable one, or sooner.
    const count = Math.min(frames - sent, random.between(1, 20));
    for (let at = 0; at < count; at++) socket.write(hostileFrame(random));
    sent += count;
    // Some go with a reset, some say nothing, some wait to be closed or say goodbye.
    if (random.chance(0.3)) socket.resetAndDestroy();
    else if (random.chance(0.5)) socket.destroy();
    else socket.end(frame(Buffer.alloc(0), { opcode: 8 }));
    await closed;
  }
}

async function attackByUpgrades(random: Random, requests: number, halfOpen: Socket[]): Promise<void> {
  for (let sent = 0; sent < requests; sent++) {
    const { socket, heard, closed } = await open();
    socket.write(hostileRequest(random));
    if (random.chance(0.02)) {
      // Says nothing more and stays.
      halfOpen.push(socket);
      continue;
    }
    if (random.chance(0.3)) {
      // In the middle of the upgrade: the service may be asking Redis for this visitor's holds.
      socket.write(handshake());
      socket.resetAndDestroy();
    } else if (random.chance(0.5)) {
      socket.end();
      await Promise.race([closed, until(() => heard() !== '', { timeoutMs: 100 }).catch(() => {})]);
      socket.destroy();
    } else socket.destroy();
    await closed;
  }
}

/** Holds and releases a seat until it is told to stop; every answer is right. Comes back where it was cut off. */
async function behave(client: SeatClient, seat: number, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const startedMs = performance.now();
    try {
      const { holdId, seats } = await client.hold([seat]);
      expect(seats).toEqual([seat]);
      times.push(performance.now() - startedMs);
      expect(await client.release(holdId)).toMatchObject({ type: 'hold_ended', seats: [seat] });
    } catch (error) {
      if (!(error instanceof SeatError && error.code === 'disconnected')) throw error;
      await until(() => client.state.state === 'live', { what: 'an honest client to be back' });
      for (const { holdId } of client.holds.list()) await client.release(holdId);
    }
    // Within the limit of messages a socket may send.
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  return times;
}

async function honestClient(): Promise<SeatClient> {
  const { seatsUrl, admissionToken } = await new Buyer(house.gatewayUrl, eventId).enter();
  const client = new SeatClient({
    url: seatsUrl,
    token: () => admissionToken,
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    random: () => 0.1,
  }).connect();
  await until(() => client.state.state === 'live', { what: 'an honest client to be live' });
  return client;
}

it('PR3 PR11 ten thousand hostile frames and requests harm nobody', async () => {
  const seed = fuzzSeed('hostile');
  const honest = await Promise.all([1, 2, 3].map(honestClient));
  const halfOpen: Socket[] = [];
  const attack = (share: number, round: number) =>
    Promise.all(
      Array.from({ length: ATTACKERS }, async (_, at) => {
        const random = new Random(seed + round * 1_000 + at);
        await attackByFrames(random, Math.ceil((FRAMES * share) / ATTACKERS));
        await attackByUpgrades(random, Math.ceil((UPGRADES * share) / ATTACKERS), halfOpen);
      }),
    );
  let over = false;
  const behaving = honest.map((client, at) => behave(client, HONEST_SEAT + at, () => over));
  // A fifth first: code is compiled and buffers grow once.
  await attack(0.2, 0);
  await expectHealthy();
  const before = memoryMb();
  await attack(0.8, 1);
  await expectHealthy();
  const after = memoryMb();
  over = true;
  const times = (await Promise.all(behaving)).flat().sort((a, b) => a - b);

  const p99 = times[Math.floor((times.length - 1) * 0.99)]!;
  console.log(
    `hostile: memory ${before.toFixed(0)} MB, then ${after.toFixed(0)} MB; ${times.length} honest holds, p99 ${p99.toFixed(0)} ms; ${cut.length} good upgrades cut`,
  );
  expect(after - before, 'memory').toBeLessThan(GROWTH_MB_MAX);
  expect(times.length).toBeGreaterThan(20);
  expect(times.at(-1)).toBeLessThan(ANSWER_MS_MAX);
  expect(house.output('seats')).not.toMatch(/"level":(50|60)/);
  for (const socket of halfOpen) socket.destroy();
  // Whatever the attackers held has gone with their sockets or is one visitor's own; the service counts who is left.
  const sockets = async () => {
    const text = await (await fetch(`${house.seatsUrl.replace('ws:', 'http:')}/metrics`)).text();
    return Number(/^usher_seats_sockets(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
  };
  await until(async () => (await sockets()) === honest.length, {
    what: 'only the honest sockets to be left',
  });
  for (const client of honest) client.close();
}, 60_000);

it('PR3 AD7 whoever left the room is refused with 403, however long the token lives', async () => {
  const who = new Buyer(house.gatewayUrl, eventId);
  const { admissionToken } = await who.enter();
  const url = `${house.gatewayUrl}/events/${eventId}/admission`;
  expect((await call(url, { method: 'DELETE', token: admissionToken })).status).toBe(204);
  const { socket, heard } = await open();
  socket.write(handshake(`/events/${eventId}`, `usher.v1.json, usher.token.${admissionToken}`));
  await until(() => heard() !== '', { what: 'the upgrade to be answered' });
  expect(heard().split('\r\n')[0]).toMatch(/^HTTP\/1.1 403/);
  expect(heard()).toContain('admission_ended');
  socket.destroy();
});
