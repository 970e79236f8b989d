/** An event in a test's Redis, with a plan of plain rows. */

import { drawLobby, packNumbers } from '../shared/domain/draw/draw.ts';
import { drawNumbers } from '../shared/domain/draw/order.ts';
import { parseHex } from '../shared/domain/draw/receipt.ts';
import { finish } from '../shared/domain/draw/sliced.ts';
import { ON_SALE_DEFAULTS, type OnSale } from '../shared/domain/on-sale.ts';
import { seatBytes } from '../shared/protocol/seat-bits.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { enterAdmission } from './enter-admission.ts';
import { joinLine } from './join-line.ts';
import { type EventFacts, loadEvent } from './load-event.ts';
import { publishDraw } from './publish-draw.ts';
import { type ClosedLobby, readLobby } from './read-lobby.ts';

export type TestEventSettings = Partial<OnSale> & {
  readonly seatCount?: number;
  readonly rowLength?: number;
  readonly runId?: string;
  readonly facts?: Partial<EventFacts>;
};

/** Loads an event of 100 seats in rows of 10, on sale now, unless the settings say otherwise. */
export async function loadTestEvent(redis: RedisClient, eventId: number, settings: TestEventSettings = {}) {
  const { seatCount = 100, rowLength = 10, runId = 'run-1', facts, ...onSale } = settings;
  const runs = Array.from({ length: Math.ceil(seatCount / rowLength) }, (_, row) => ({
    first: row * rowLength,
    count: Math.min(rowLength, seatCount - row * rowLength),
    sectionIndex: 0,
    categoryIndex: 0,
    accessible: false,
    general: false,
  }));
  return loadEvent(redis, eventId, {
    runId,
    seatCount,
    bits: new Uint8Array(seatBytes(seatCount)),
    runs,
    onSale: { ...ON_SALE_DEFAULTS, ratePerMinute: 1_000_000, ...onSale },
    bought: {},
    paying: [],
    ...facts,
  });
}

export type Insider = {
  readonly visitorId: string;
  readonly admissionId: string;
  readonly expiresAtMs: number;
};

/** A visitor who has joined and entered. */
export async function admit(redis: RedisClient, eventId: number): Promise<Insider> {
  const { visitorId } = await joinLine(redis, eventId, null);
  const entered = await enterAdmission(redis, eventId, visitorId);
  if (!entered.entered) throw new Error(`The visitor could not enter: ${entered.code}.`);
  return { visitorId, admissionId: entered.admissionId, expiresAtMs: entered.expiresAtMs };
}

/** What a draw with this seed makes of a lobby that has closed. */
export function drawTestNumbers(
  lobby: ClosedLobby,
  eventId: number,
  seed: Uint8Array = new Uint8Array(32),
): Uint32Array {
  const { orderKey } = drawLobby(seed, { eventId, lineEpoch: lobby.lineEpoch }, lobby, lobby.present);
  return finish(drawNumbers(parseHex(orderKey, 32)!, lobby, lobby.present));
}

/** Draws a lobby that has closed, as a gateway does but for storing it; false where there is none. */
export async function drawTestLobby(
  redis: RedisClient,
  eventId: number,
  seed?: Uint8Array,
): Promise<boolean> {
  const lobby = await readLobby(redis, eventId);
  if (lobby === undefined) return false;
  await publishDraw(redis, eventId, lobby, packNumbers(drawTestNumbers(lobby, eventId, seed)));
  return true;
}
