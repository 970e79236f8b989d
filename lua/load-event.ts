import type { EventId } from '../shared/domain/ids.ts';
import { ON_SALE_DEFAULTS, type OnSale } from '../shared/domain/on-sale.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('load-event');

export type EventFacts = {
  /** Which run of the Redis server this is: the `run_id` of INFO. */
  readonly runId: string;
  readonly seatCount: number;
  /** The map as PostgreSQL has it: sold, blocked, and claimed ones as locked. */
  readonly bits: Uint8Array;
  readonly runs: readonly SeatRun[];
  readonly onSale: OnSale;
  /** Seats that each visitor has bought. */
  readonly bought: Readonly<Record<string, number>>;
  /** Orders that are being paid for, as the holds that they pin. */
  readonly paying: readonly {
    readonly holdId: string;
    readonly visitorId: string;
    readonly admissionId: string;
    readonly fence: number;
    readonly payByMs: number;
    readonly orderId: string;
    readonly seats: readonly number[];
  }[];
};

/** A stretch of neighbouring seats, as best-available sees them. */
export type SeatRun = {
  readonly first: number;
  readonly count: number;
  readonly sectionIndex: number;
  readonly categoryIndex: number;
  readonly accessible: boolean;
  readonly general: boolean;
};

const RUN_BYTES = 12;

/** The records that `hold-best.lua` reads. */
export function packRuns(runs: readonly SeatRun[]): Buffer {
  const bytes = Buffer.alloc(runs.length * RUN_BYTES);
  runs.forEach((run, at) => {
    bytes.writeUInt32LE(run.first, at * RUN_BYTES);
    bytes.writeUInt16LE(run.count, at * RUN_BYTES + 4);
    bytes.writeUInt16LE(run.sectionIndex, at * RUN_BYTES + 6);
    bytes.writeUInt16LE(run.categoryIndex, at * RUN_BYTES + 8);
    bytes.writeUInt16LE((run.accessible ? 1 : 0) | (run.general ? 2 : 0), at * RUN_BYTES + 10);
  });
  return bytes;
}

/** The settings as the scripts read them: numbers, absent moments 0, switches 0 or 1. */
export function onSaleFields(onSale: OnSale): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  // Stored before a setting was thought of, an on-sale has its default.
  for (const [name, value] of Object.entries({ ...ON_SALE_DEFAULTS, ...onSale })) {
    fields[name] = value === null ? 0 : typeof value === 'boolean' ? Number(value) : value;
  }
  fields.roomOff = onSale.waitingRoom === 'off' ? 1 : 0;
  return fields;
}

/** Builds an event in Redis; `already` where it is there and Redis has not been restarted since. */
export async function loadEvent(
  redis: RedisClient,
  eventId: EventId,
  facts: EventFacts,
): Promise<{ readonly outcome: 'loaded' | 'already'; readonly epoch: number }> {
  const paying = facts.paying.map((hold) => ({ ...hold, seats: hold.seats.join(',') }));
  const [outcome, epoch] = await script.run(redis, eventId, [
    facts.runId,
    facts.seatCount,
    Buffer.from(facts.bits),
    packRuns(facts.runs),
    JSON.stringify(onSaleFields(facts.onSale)),
    JSON.stringify({ bought: facts.bought, paying }),
  ]);
  if (outcome !== 'loaded' && outcome !== 'already') throw new UnknownReply(script.name, outcome);
  return { outcome, epoch: Number(epoch) };
}
