/** An event in a test's Redis, with a plan of plain rows. */

import type { Redis } from 'ioredis';
import { ON_SALE_DEFAULTS, type OnSale } from '../shared/domain/on-sale.ts';
import { seatBytes } from '../shared/protocol/seat-bits.ts';
import { enterAdmission } from './enter-admission.ts';
import { joinLine } from './join-line.ts';
import { type EventFacts, loadEvent } from './load-event.ts';

export type TestEventSettings = Partial<OnSale> & {
  readonly seatCount?: number;
  readonly rowLength?: number;
  readonly runId?: string;
  readonly facts?: Partial<EventFacts>;
};

/** Loads an event of 100 seats in rows of 10, on sale now, unless the settings say otherwise. */
export async function loadTestEvent(redis: Redis, eventId: number, settings: TestEventSettings = {}) {
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
export async function admit(redis: Redis, eventId: number): Promise<Insider> {
  const { visitorId } = await joinLine(redis, eventId, null);
  const entered = await enterAdmission(redis, eventId, visitorId);
  if (!entered.entered) throw new Error(`The visitor could not enter: ${entered.code}.`);
  return { visitorId, admissionId: entered.admissionId, expiresAtMs: entered.expiresAtMs };
}
