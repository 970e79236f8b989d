/**
 * Changes of a map at a steady rate, as buyers make them: pairs of seats are held and, when enough are, the oldest
 * hold is released. It is the only one who changes its event, so the n-th change has the n-th offset, and a frame's
 * age is known from its offsets.
 */
import type { Redis } from 'ioredis';
import { eventKey } from '../../../lua/keys.ts';
import { parseMapRecord } from '../../../lua/map-record.ts';
import { loadScript } from '../../../lua/run-script.ts';
import type { Insider } from '../../../lua/testing.ts';
import { quantile } from './figures.ts';
import { SEATS } from './house.ts';

const holdSeats = loadScript('hold-seats');
const releaseHold = loadScript('release-hold');
const SEATS_PER_HOLD = 2;
/** Holds that stand at a time: an eighth of the house. */
const STANDING_MAX = 1_250;
/** These are held over the sockets. */
const SEATS_SPARED = 1_000;
const TICK_MS = 1;

export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

type Standing = { readonly holdId: string; readonly visitorId: string };

export class Changes {
  readonly #redis: Redis;
  readonly #eventId: number;
  readonly #insiders: readonly Insider[];
  readonly #order: Int32Array;
  readonly #standing: Standing[] = [];
  /** When the change with offset `#firstOffset + n` was asked for. */
  readonly #askedUs: number[] = [];
  #firstOffset = 0;
  #made = 0;
  #nextPair = 0;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;

  constructor(redis: Redis, eventId: number, insiders: readonly Insider[]) {
    this.#redis = redis;
    this.#eventId = eventId;
    this.#insiders = insiders;
    this.#order = shuffledPairs();
  }

  /** Seats changed so far. */
  get seatChanges(): number {
    return this.#made * SEATS_PER_HOLD;
  }

  /** Begins with so many seats changed a second. */
  async start(seatsPerSecond: number): Promise<void> {
    const { offset } = parseMapRecord((await this.#redis.getBuffer(eventKey(this.#eventId, 'map')))!);
    this.#firstOffset = offset + 1;
    this.#askedUs.length = 0;
    const startedMs = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      const until = ((performance.now() - startedMs) * seatsPerSecond) / SEATS_PER_HOLD / 1_000;
      while (due < until) {
        due++;
        this.#change();
      }
    }, TICK_MS);
  }

  /** Ends, and resolves when the last change is made. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#unanswered > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Stops and gives back all that is held. */
  async close(): Promise<void> {
    await this.stop();
    while (this.#standing.length > 0) this.#release();
    await this.stop();
  }

  /** How old the oldest change of each received frame was, in ms: the p50 and p99 of all receipts. */
  ages(receipts: Float64Array): { readonly p50: number; readonly p99: number; readonly known: number } {
    const ages = new Float64Array(receipts.length / 3);
    let known = 0;
    for (let at = 0; at < receipts.length; at += 3) {
      const asked = this.#askedUs[receipts[at]! + 1 - this.#firstOffset];
      if (asked !== undefined) ages[known++] = (receipts[at + 2]! - asked) / 1_000;
    }
    const sorted = ages.subarray(0, known);
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), known };
  }

  #change(): void {
    if (this.#standing.length >= STANDING_MAX) this.#release();
    else this.#hold();
  }

  #hold(): void {
    const pair = this.#order[this.#nextPair++ % this.#order.length]!;
    const insider = this.#insiders[this.#nextPair % this.#insiders.length]!;
    const holdId = `bench-${this.#nextPair}`;
    this.#standing.push({ holdId, visitorId: insider.visitorId });
    const seats = [pair * SEATS_PER_HOLD, pair * SEATS_PER_HOLD + 1];
    this.#ask(() =>
      holdSeats.run(
        this.#redis,
        this.#eventId,
        [holdId, insider.visitorId, insider.admissionId, 0, ...seats],
        holdId,
      ),
    );
  }

  #release(): void {
    const { holdId, visitorId } = this.#standing.shift()!;
    this.#ask(() => releaseHold.run(this.#redis, this.#eventId, [holdId, visitorId]));
  }

  #ask(question: () => Promise<readonly unknown[]>): void {
    this.#askedUs.push(nowUs());
    this.#made++;
    this.#unanswered++;
    question().then(
      (reply) => {
        this.#unanswered--;
        if (reply[0] === 'denied') throw new Error(`A change was refused: ${JSON.stringify(reply)}`);
      },
      (error: unknown) => {
        throw error;
      },
    );
  }
}

/** Pairs of neighbours, in an order that is the same each time; the first seats are left to others. */
function shuffledPairs(): Int32Array {
  const first = SEATS_SPARED / SEATS_PER_HOLD;
  const order = Int32Array.from({ length: SEATS / SEATS_PER_HOLD - first }, (_, at) => first + at);
  let state = 12_345;
  for (let at = order.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const other = state % (at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
