import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Buyer, call, TestSocket } from '../../shared/testing/buyer.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { until } from '../../shared/testing/wait.ts';

let house: House;
let eventId: number;

beforeAll(async () => {
  house = await startHouse();
  eventId = await house.createEvent({ onSale: { holdMs: 1_500 } });
}, 60_000);
afterAll(() => house?.close());

const buyer = (event = eventId) => new Buyer(house.gatewayUrl, event);

/** The status with which an upgrade is refused, or 101. */
function upgradeStatus(
  path: string,
  protocols: string[],
  headers: Record<string, string> = {},
): Promise<number> {
  const socket = new WebSocket(`${house.seatsUrl}${path}`, protocols, { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => {});
  });
}

describe('connecting', () => {
  it('PR3 refuses what has no right to connect, and says why', async () => {
    const who = buyer();
    const { admissionToken } = await who.enter();
    const token = `usher.token.${admissionToken}`;
    const other = await house.createEvent();
    const path = `/events/${eventId}`;
    expect(await upgradeStatus(path, ['usher.v1.json'])).toBe(401);
    expect(await upgradeStatus(path, ['usher.v1.json', 'usher.token.abc.def.ghi'])).toBe(401);
    expect(await upgradeStatus(path, ['usher.v1.json', `${token}x`])).toBe(401);
    expect(await upgradeStatus(`/events/${other}`, ['usher.v1.json', token])).toBe(403);
    expect(await upgradeStatus('/events/abc', ['usher.v1.json', token])).toBe(404);
    expect(await upgradeStatus(path, ['usher.v1.json', token], { origin: 'https://evil.example' })).toBe(403);
    expect(await upgradeStatus(path, ['usher.v1.json', token], { origin: house.gatewayUrl })).toBe(101);
    expect(await upgradeStatus(path, ['usher.v1', token])).toBe(101);
    expect(await upgradeStatus(`${path}?token=${admissionToken}`, ['usher.v1.json'])).toBe(101);
  });

  it('PR3 an expired token is refused with 403', async () => {
    const short = await house.createEvent({ onSale: { admissionMs: 1_000 } });
    const who = buyer(short);
    const { admissionToken, expiresAtMs } = await who.enter();
    await until(() => Date.now() > expiresAtMs + 20);
    expect(await upgradeStatus(`/events/${short}`, ['usher.v1.json', `usher.token.${admissionToken}`])).toBe(
      403,
    );
  });

  it('PR5 welcome comes first, then the whole map', async () => {
    const socket = await buyer().watch();
    const snapshot = await socket.heard('snapshot');
    const [welcome] = socket.messages;
    expect(welcome).toMatchObject({
      type: 'welcome',
      resumed: false,
      epoch: snapshot.epoch,
      offset: snapshot.offset,
    });
    expect(snapshot.seatCount).toBe(200);
    expect(Buffer.from(snapshot.states, 'base64')).toHaveLength(50);
    socket.close();
  });
});

describe('the live map', () => {
  it('FE1 a hold is seen on another socket, its release too, and the holder is named to nobody', async () => {
    const [holder, watcher] = [await buyer().watch(), await buyer().watch()];
    const granted = await holder.ask({ type: 'hold', seats: [10, 11] });
    expect(granted).toMatchObject({ type: 'hold_granted', seats: [10, 11] });
    const delta = await watcher.seatChanged(10, 'locked');
    expect(JSON.stringify(delta)).not.toMatch(/visitor|hold/i);
    const { holdId } = granted as { holdId: string };
    expect(await holder.ask({ type: 'release', holdId })).toMatchObject({
      type: 'hold_ended',
      reason: 'released',
    });
    await watcher.seatChanged(11, 'released');
    expect(watcher.messages.filter(({ type }) => type.startsWith('hold'))).toEqual([]);
    holder.close();
    watcher.close();
  });

  it('HO8 an unpaid hold ends at its deadline and another socket sees it', async () => {
    const [holder, watcher] = [await buyer().watch(), await buyer().watch()];
    const granted = (await holder.ask({ type: 'hold', seats: [20] })) as {
      expiresAtMs: number;
      holdId: string;
    };
    await watcher.seatChanged(20, 'locked');
    await watcher.seatChanged(20, 'released');
    const lateMs = Date.now() - granted.expiresAtMs;
    expect(lateMs).toBeGreaterThanOrEqual(-2);
    expect(lateMs).toBeLessThan(250);
    expect(await holder.heard('hold_ended')).toMatchObject({ holdId: granted.holdId, reason: 'expired' });
    holder.close();
    watcher.close();
  });

  it('HO2 forty sockets race for one seat: one gets it, the others hear seats_taken', async () => {
    const sockets = await Promise.all(Array.from({ length: 40 }, () => buyer().watch()));
    const answers = await Promise.all(sockets.map((socket) => socket.ask({ type: 'hold', seats: [30] })));
    expect(answers.filter(({ type }) => type === 'hold_granted')).toHaveLength(1);
    expect(
      answers.filter((answer) => answer.type === 'hold_denied' && answer.code === 'seats_taken'),
    ).toHaveLength(39);
    for (const socket of sockets) socket.close();
  });

  it('PR6 the frames of a socket chain: each begins where the one before ended', async () => {
    const [holder, watcher] = [await buyer().watch(), await buyer().watch()];
    for (let seat = 40; seat < 46; seat++) await holder.ask({ type: 'hold', seats: [seat] });
    await watcher.seatChanged(45, 'locked');
    let at = (await watcher.heard('snapshot')).offset;
    for (const message of watcher.messages) {
      if (message.type !== 'delta') continue;
      expect(message.from).toBe(at);
      at = message.offset;
    }
    holder.close();
    watcher.close();
  });

  it('PR4 FE3 a socket that comes back hears only what it missed', async () => {
    const who = buyer();
    const { seatsUrl, admissionToken } = await who.enter();
    const first = await who.watch();
    const { epoch, offset } = await first.heard('snapshot');
    first.close();
    const other = await buyer().watch();
    await other.ask({ type: 'hold', seats: [50, 51] });
    await other.seatChanged(50, 'locked');
    const back = new TestSocket(`${seatsUrl}?epoch=${epoch}&offset=${offset}`, admissionToken);
    expect(await back.heard('welcome')).toMatchObject({ resumed: true, offset });
    expect(await back.heard('delta')).toMatchObject({ from: offset });
    expect(back.messages.some(({ type }) => type === 'snapshot')).toBe(false);
    const lost = new TestSocket(`${seatsUrl}?epoch=1&offset=0`, admissionToken);
    expect(await lost.heard('welcome')).toMatchObject({ resumed: false });
    await lost.heard('snapshot');
    for (const socket of [back, lost, other]) socket.close();
  });
});

describe('misuse', () => {
  it('PR11 unreadable messages are answered, and only abuse closes the socket', async () => {
    const socket = await buyer().watch();
    const bad = ['', 'null', '[]', '{', '{"type":"hold"}', '{"type":"hold","ref":999,"seats":["1"]}', '"x"'];
    for (const text of bad) socket.raw(text);
    await until(() => socket.messages.filter(({ type }) => type === 'error').length === bad.length);
    expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect(await socket.ask({ type: 'hold', seats: [99_999] })).toMatchObject({ code: 'unknown_seat' });
    expect(await socket.ask({ type: 'release', holdId: 'nobody' })).toMatchObject({ code: 'unknown_hold' });
    for (let at = 0; at < 10; at++) socket.raw(new Uint8Array([1, 2, 3]));
    expect(await socket.closed()).toBe(4510);
  });

  it('PR11 too many messages close with 4029, too large ones close', async () => {
    const noisy = await buyer().watch();
    for (let at = 0; at < 100; at++) noisy.raw('{"type":"resync"}');
    expect(await noisy.closed()).toBe(4029);
    const large = await buyer().watch();
    large.raw('x'.repeat(20_000));
    expect([1006, 1009]).toContain(await large.closed());
  });

  it('a visitor has five sockets at most; the sixth is told', async () => {
    const who = buyer();
    const sockets = [];
    for (let at = 0; at < 5; at++) sockets.push(await who.watch());
    const { seatsUrl, admissionToken } = who.admission!;
    const sixth = new TestSocket(seatsUrl, admissionToken);
    expect(await sixth.closed()).toBe(4029);
    for (const socket of sockets) socket.close();
  });
});

describe('the end of an admission', () => {
  it('AD7 leaving releases what is held and closes the socket with 4500', async () => {
    const [who, watcher] = [buyer(), await buyer().watch()];
    const socket = await who.watch();
    await socket.ask({ type: 'hold', seats: [60] });
    await watcher.seatChanged(60, 'locked');
    const { status } = await call(`${house.gatewayUrl}/events/${eventId}/admission`, {
      method: 'DELETE',
      token: who.admission?.admissionToken,
    });
    expect(status).toBe(204);
    expect(await socket.closed()).toBe(4500);
    await watcher.seatChanged(60, 'released');
    watcher.close();
  });

  it('AD8 the socket closes at the deadline of the admission', async () => {
    const short = await house.createEvent({ onSale: { admissionMs: 1_200 } });
    const who = buyer(short);
    const socket = await who.watch();
    expect(await socket.closed()).toBe(4500);
    expect(Date.now() - who.admission!.expiresAtMs).toBeLessThan(250);
  });

  it('AD8 a minute before that, all sockets of the visitor are told, once each', async () => {
    const long = await house.createEvent({ onSale: { admissionMs: 62_000 } });
    const who = buyer(long);
    const sockets = [await who.watch(), await who.watch()];
    for (const socket of sockets) {
      expect(await socket.heard('notice')).toMatchObject({ code: 'closing_soon' });
      const leftMs = who.admission!.expiresAtMs - Date.now();
      expect(leftMs).toBeLessThanOrEqual(60_000);
      expect(leftMs).toBeGreaterThan(59_500);
    }
    // Whoever comes back now has just read when it ends.
    const back = await who.watch();
    expect(await back.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    expect(back.messages.filter(({ type }) => type === 'notice')).toEqual([]);
    for (const socket of [...sockets, back]) {
      expect(socket.messages.filter(({ type }) => type === 'notice').length).toBeLessThanOrEqual(1);
      socket.close();
    }
  });
});

it('PR9 all sockets of a visitor hear of a hold, once each, and the asker with its ref', async () => {
  const who = buyer();
  const [one, two] = [await who.watch(), await who.watch()];
  const granted = await one.ask({ type: 'hold', seats: [70] });
  const told = await two.heard('hold_granted');
  expect(told).toMatchObject({ seats: [70] });
  expect(told.ref).toBeUndefined();
  await one.seatChanged(70, 'locked');
  expect(one.messages.filter(({ type }) => type === 'hold_granted')).toEqual([granted]);
  one.close();
  two.close();
});
