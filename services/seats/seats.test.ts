import { describe, expect, it } from 'vitest';
import { SEAT_AVAILABLE, SEAT_LOCKED, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { decodeFrame } from '../../shared/protocol/codec.ts';
import { readSeat, seatBytes } from '../../shared/protocol/seat-bits.ts';
import { clientAddress, isLoopback, plainAddress } from './client-address.ts';
import { handleMessage, type MessageContext, UNREADABLE_MAX } from './handle-message.ts';
import { encodeFrame, MapMirror } from './map-mirror.ts';
import { isAllowedOrigin } from './origin.ts';
import { KeyedBuckets, TokenBucket } from './token-bucket.ts';

const snapshot = (offset: number, epoch = 1, seatCount = 100) => ({
  epoch,
  offset,
  seatCount,
  bits: new Uint8Array(seatBytes(seatCount)),
});

const locked = (seats: number[]) =>
  ({ kind: 'locked', holdId: 'h', visitorId: 'v', expiresAtMs: 1, seats, holdSeats: seats }) as const;
const sold = (seats: number[]) =>
  ({ kind: 'sold', holdId: 'h', visitorId: 'v', orderId: 'o', seats }) as const;

describe('the mirror', () => {
  it('FE4 changes of a window are one frame, the last word on each seat, chained by offset', () => {
    const mirror = new MapMirror();
    mirror.reset(snapshot(10));
    mirror.apply(11, locked([1, 2]));
    mirror.apply(12, sold([2]));
    const frame = mirror.takeFrame();
    expect(frame).toMatchObject({ from: 10, offset: 12 });
    expect([...frame!.changes]).toEqual([
      [1, SEAT_LOCKED],
      [2, SEAT_SOLD],
    ]);
    expect(mirror.takeFrame()).toBeUndefined();
    mirror.apply(13, { kind: 'ended', visitorId: 'v', admissionId: 'a', reason: 'left' });
    expect(mirror.takeFrame(), 'no frame for what changes no seat').toBeUndefined();
    mirror.apply(14, locked([3]));
    expect(mirror.takeFrame()).toMatchObject({ from: 12, offset: 14 });
  });

  it('FE2 a snapshot is of what was broadcast, so that the next frame fits it', () => {
    const mirror = new MapMirror();
    mirror.reset(snapshot(10));
    mirror.apply(11, locked([1]));
    const before = decodeFrame(mirror.snapshot(true) as Uint8Array);
    expect(before).toMatchObject({ type: 'snapshot', offset: 10 });
    mirror.takeFrame();
    const after = decodeFrame(mirror.snapshot(true) as Uint8Array);
    if (after.type !== 'snapshot') throw new Error(after.type);
    expect(after.offset).toBe(11);
    expect(readSeat(after.bits, 1)).toBe(SEAT_LOCKED);
  });

  it('FE3 whoever comes back gets what it missed, from any offset that is still known', () => {
    const mirror = new MapMirror();
    mirror.reset(snapshot(10, 1, 1_000));
    for (let offset = 11; offset <= 20; offset++) mirror.apply(offset, locked([offset]));
    mirror.takeFrame();
    const missed = mirror.missedSince(1, 15);
    if (missed === undefined || missed === 'current') throw new Error(String(missed));
    expect([...missed.changes.keys()]).toEqual([16, 17, 18, 19, 20]);
    expect(mirror.missedSince(1, 20)).toBe('current');
    expect(mirror.missedSince(1, 9), 'before the ring').toBeUndefined();
    expect(mirror.missedSince(1, 21), 'from the future').toBeUndefined();
    expect(mirror.missedSince(2, 15), 'of another epoch').toBeUndefined();
  });

  it('FE3 a snapshot is sent where the missed changes would be the larger message', () => {
    const mirror = new MapMirror();
    mirror.reset(snapshot(0, 1, 100));
    mirror.apply(1, locked(Array.from({ length: 60 }, (_, at) => at)));
    mirror.takeFrame();
    expect(mirror.missedSince(1, 0)).toBeUndefined();
  });

  it('FE3 a trimmed range becomes one frame of what differs', () => {
    const mirror = new MapMirror();
    mirror.reset(snapshot(10));
    mirror.apply(11, locked([1]));
    mirror.takeFrame();
    const later = snapshot(500);
    later.bits[1] = 0b10;
    mirror.catchUp(later);
    const frame = mirror.takeFrame();
    expect(frame).toMatchObject({ from: 11, offset: 500 });
    expect(new Map(frame!.changes)).toEqual(
      new Map([
        [1, SEAT_AVAILABLE],
        [4, SEAT_SOLD],
      ]),
    );
    expect(JSON.parse(encodeFrame(frame!, false) as string).changes).toContainEqual({
      seat: 4,
      change: 'sold',
    });
  });
});

describe('messages', () => {
  const context = (): MessageContext => ({
    takeMessage: () => true,
    takeHoldAttempt: () => true,
    unreadable: 0,
  });

  it('PR11 what cannot be read is answered with its ref, and only too much of it closes', () => {
    const own = context();
    expect(handleMessage(own, '{"type":"hold","ref":4}')).toMatchObject([
      { kind: 'send', message: { type: 'error', ref: 4, code: 'bad_request' } },
    ]);
    for (let at = 1; at < UNREADABLE_MAX; at++) handleMessage(own, undefined);
    expect(handleMessage(own, '{')).toMatchObject([{ kind: 'close', code: 4510 }]);
  });

  it('PR8 questions go on with their ref', () => {
    const question = { type: 'hold', ref: 1, seats: [1, 2] };
    expect(handleMessage(context(), JSON.stringify(question))).toEqual([{ kind: 'ask', question }]);
    expect(handleMessage(context(), '{"type":"ping","ref":9}')).toEqual([
      { kind: 'send', message: { type: 'pong', ref: 9 } },
    ]);
    const tired = { ...context(), takeHoldAttempt: () => false };
    expect(handleMessage(tired, JSON.stringify(question))).toMatchObject([
      { message: { type: 'hold_denied', ref: 1, code: 'rate_limited' } },
    ]);
    const noisy = { ...context(), takeMessage: () => false };
    expect(handleMessage(noisy, '{}')).toMatchObject([{ kind: 'close', code: 4029 }]);
  });

  it('PR11 a hundred seats are the most, none and twice the same are refused', () => {
    const seats = (list: number[]) =>
      handleMessage(context(), JSON.stringify({ type: 'hold', ref: 1, seats: list }))[0]?.kind;
    expect(seats(Array.from({ length: 100 }, (_, at) => at))).toBe('ask');
    expect(seats(Array.from({ length: 101 }, (_, at) => at))).toBe('send');
    expect(seats([])).toBe('send');
    expect(seats([1, 1])).toBe('send');
    expect(seats([1.5])).toBe('send');
  });
});

it('PR3 pages of the same host may connect, foreign ones may not, tools always', () => {
  expect(isAllowedOrigin('', 'house:8081', [])).toBe(true);
  expect(isAllowedOrigin('http://house:8080', 'house:8081', [])).toBe(true);
  expect(isAllowedOrigin('https://evil.example', 'house:8081', [])).toBe(false);
  expect(isAllowedOrigin('null', 'house:8081', [])).toBe(false);
  expect(isAllowedOrigin('https://a.example', 'house', ['https://a.example'])).toBe(true);
  expect(isAllowedOrigin('http://house:8080', 'house:8081', ['https://a.example'])).toBe(false);
});

it("the address of a request is the proxy's word only where the proxy is believed", () => {
  const believing = clientAddress(['loopback']);
  expect(believing('127.0.0.1', '203.0.113.9')).toBe('203.0.113.9');
  expect(believing('203.0.113.1', '203.0.113.9')).toBe('203.0.113.1');
  expect(clientAddress([])('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
  expect(plainAddress('0000:0000:0000:0000:0000:ffff:7f00:0001')).toBe('127.0.0.1');
  expect(isLoopback(plainAddress('0000:0000:0000:0000:0000:0000:0000:0001'))).toBe(true);
});

it('a bucket allows its depth at once and its rate after that', () => {
  const bucket = new TokenBucket(2, 10);
  const start = performance.now();
  expect([bucket.take(start), bucket.take(start), bucket.take(start)]).toEqual([true, true, false]);
  expect(bucket.take(start + 150)).toBe(true);
  expect(bucket.isFull(start + 151)).toBe(false);
  const cooling = new TokenBucket(1, 10, 1_000);
  cooling.take(start);
  expect([cooling.take(start + 1), cooling.take(start + 500), cooling.take(start + 1_001)]).toEqual([
    false,
    false,
    true,
  ]);
  const keyed = new KeyedBuckets(1, 0);
  expect([keyed.take('a'), keyed.take('a'), keyed.take('b')]).toEqual([true, false, true]);
});
