/** A sale as a whole: when who arrives, when purchases begin, when it is over, and what must be true at its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Board, EventDetails } from '../../shared/protocol/http.ts';
import type { Sale as Sold } from '../lib/sales-ledger.ts';
import { Tally } from '../lib/tally.ts';
import { Auditor } from './auditor.ts';
import { GatewayClient } from './gateway-client.ts';
import { type Point, type SalePlan, type SwarmResult, visitorAddress } from './plan.ts';
import { Visitor } from './visitor.ts';

/** Sockets that keep the whole map, for each event. */
const AUDITORS_PER_EVENT = 2;
/** When for so long nobody has come in any more, those who want to are in. */
const ARRIVED_MS = 3_000;
const BOARD_MS = 500;
const CATCH_UP_MS = 10_000;
/** Browsers share no connections: with few of them one visitor's slow order would hold up another's poll. */
const HTTP_CONNECTIONS = 1_000;

export class Sale {
  readonly plan: SalePlan;
  readonly tally = new Tally();
  readonly sales: Sold[] = [];
  readonly http: GatewayClient;
  readonly #auditors = new Map<number, Auditor[]>();
  readonly #watchmen: Visitor[] = [];
  readonly #events = new Map<number, EventDetails>();
  readonly #soldOut = new Set<number>();
  readonly #open = new Set<Visitor>();
  readonly #sleepers = new Set<() => void>();
  #arrived: Promise<void> | undefined;
  readonly #spans: Record<string, number> = {};
  #isOver = false;
  #startedMs = 0;
  #socketsPeak = 0;
  #lastOpenedMs = 0;

  constructor(plan: SalePlan) {
    this.plan = plan;
    this.http = new GatewayClient(plan.gatewayUrl, { connections: HTTP_CONNECTIONS });
  }

  get point(): Point {
    return {
      atMs: Date.now(),
      joined: this.tally.countOf('joined'),
      admitted: this.tally.countOf('admitted'),
      sockets: this.#open.size,
      ordered: this.tally.countOf('ordered'),
      paid: this.tally.countOf('paid'),
    };
  }

  async run(): Promise<SwarmResult> {
    await this.#placeAuditors();
    const boards = setInterval(() => void this.#lookAtBoards(), BOARD_MS);
    this.#startedMs = performance.now();
    this.#lastOpenedMs = this.#startedMs;
    const deadline = setTimeout(() => this.#end('deadline'), this.plan.deadlineMs);
    try {
      await this.#crowd();
      await this.#checkMaps();
      await this.#everybodyLeaves();
    } finally {
      clearTimeout(deadline);
      clearInterval(boards);
      this.http.close();
    }
    this.tally.count('most sockets at a time', this.#socketsPeak);
    return {
      counts: this.tally.counts,
      latencies: this.tally.latencies,
      faults: this.tally.faults,
      sales: this.sales,
      spans: this.#spans,
    };
  }

  async #placeAuditors(): Promise<void> {
    for (const eventId of this.plan.events) {
      const { status, body, text } = await this.http.ask({ path: `/events/${eventId}` });
      if (status !== 200) throw new Error(`GET /events/${eventId} was answered ${status} ${text}`);
      this.#events.set(eventId, body as EventDetails);
      const auditors: Auditor[] = [];
      this.#auditors.set(eventId, auditors);
      await this.#lookAtBoards();
      if (this.#soldOut.has(eventId)) continue;
      for (let at = 0; at < AUDITORS_PER_EVENT; at += 1) {
        const auditor = new Auditor(eventId, this.tally);
        const watchman = new Visitor(this, eventId, visitorAddress(this.plan.firstAddress + auditors.length));
        const entered = await watchman.enter((frame) => {
          if (!auditor.take(frame)) this.tally.fault('A map has a gap.', `event ${eventId}`);
        });
        if (!entered) continue;
        auditors.push(auditor);
        this.#watchmen.push(watchman);
      }
    }
    // They are no part of what is measured.
    for (const name of ['joined', 'admitted']) this.tally.count(name, -this.tally.countOf(name));
    // Nobody waiting is a finding, too.
    this.tally.count('still waiting', 0);
  }

  async #crowd(): Promise<void> {
    const { visitors, events, joinMs, buyers, firstAddress } = this.plan;
    const first = firstAddress + events.length * AUDITORS_PER_EVENT;
    const buying: Promise<unknown>[] = [];
    const visits: Promise<void>[] = [];
    const beginMs = performance.now();
    for (let number = 0; number < visitors; number += 1) {
      const visitor = new Visitor(this, events[number % events.length]!, visitorAddress(first + number));
      // Buyers and watchers are mixed evenly.
      const buys = Math.floor(((number + 1) * buyers) / visitors) > Math.floor((number * buyers) / visitors);
      const visit = this.#visit(visitor, buys, beginMs + (number * joinMs) / visitors);
      visits.push(visit);
      if (buys) buying.push(visit);
    }
    void Promise.all(buying).then(() => {
      if (buyers > 0) this.#end('all buyers are done');
    });
    if (buyers === 0) setTimeout(() => this.#end('time'), joinMs + this.plan.saleMs).unref();
    await Promise.all(visits);
    this.#end('everybody is done');
  }

  async #visit(visitor: Visitor, buys: boolean, arrivalMs: number): Promise<void> {
    try {
      await this.pause(arrivalMs - performance.now());
      if (this.#isOver) return;
      const entered = await visitor.enter();
      if (!entered) return;
      this.#spans['until the last one was inside'] = this.#sinceStart();
      if (!buys) return;
      if (this.plan.buyFrom === 'connected') await this.#everybodyIsIn();
      if (!(await this.pause(Math.random() * this.plan.saleMs))) {
        this.tally.count('inside when it was over');
        return;
      }
      await visitor.buy();
    } catch (error) {
      this.tally.count('gave up');
      if (!Visitor.isGaveUp(error)) throw error;
    }
  }

  #sinceStart(): number {
    return Math.round(performance.now() - this.#startedMs);
  }

  /** Resolves when all are inside, or when nobody has come in for a while. */
  #everybodyIsIn(): Promise<void> {
    this.#arrived ??= (async () => {
      const { joinMs, visitors } = this.plan;
      for (;;) {
        const nowMs = performance.now();
        const allIn = this.tally.countOf('admitted') >= visitors;
        const noneComes = nowMs - Math.max(this.#lastOpenedMs, this.#startedMs + joinMs) > ARRIVED_MS;
        if (this.#isOver || allIn || noneComes) break;
        await sleep(50);
      }
      this.#spans['until purchases began'] = this.#sinceStart();
    })();
    return this.#arrived;
  }

  /** Waits; false where the run was over before or meanwhile. */
  async pause(ms: number): Promise<boolean> {
    if (this.#isOver) return false;
    if (ms <= 0) return true;
    const wake = Promise.withResolvers<void>();
    const timer = setTimeout(wake.resolve, ms);
    this.#sleepers.add(wake.resolve);
    await wake.promise;
    clearTimeout(timer);
    this.#sleepers.delete(wake.resolve);
    return !this.#isOver;
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#spans['until it was over'] = this.#sinceStart();
    if (why === 'deadline') this.tally.count('ended by its deadline');
    for (const wake of this.#sleepers) wake();
  }

  visitorJoined(): void {
    this.tally.count('joined');
    if (this.#startedMs > 0) this.#spans['until the last one had joined'] = this.#sinceStart();
  }

  orderPaid(): void {
    const paid = this.tally.countOf('paid');
    if (paid === 1) this.#spans['until the first order was paid'] = this.#sinceStart();
    this.#spans['until the last order was paid'] = this.#sinceStart();
    if (paid >= this.plan.ordersMax) this.#end('orders');
  }

  socketOpened(visitor: Visitor): void {
    this.#open.add(visitor);
    this.#socketsPeak = Math.max(this.#socketsPeak, this.#open.size);
    this.#lastOpenedMs = performance.now();
  }

  socketClosed(visitor: Visitor): void {
    this.#open.delete(visitor);
  }

  auditorOf(eventId: number): Auditor {
    const [auditor] = this.#auditors.get(eventId) ?? [];
    if (auditor === undefined) throw new Error(`Event ${eventId} has no auditor.`);
    return auditor;
  }

  isSoldOut(eventId: number): boolean {
    return this.#soldOut.has(eventId);
  }

  seatsMaxOf(eventId: number): number {
    return Math.min(this.plan.seatsMax, this.#events.get(eventId)!.onSale.seatsPerVisitorMax);
  }

  async #lookAtBoards(): Promise<void> {
    for (const eventId of this.#events.keys()) {
      try {
        const { status, body } = await this.http.ask({ path: `/events/${eventId}/line` });
        const { state } = body as Board;
        if (status === 200 && (state === 'sold_out' || state === 'closed')) this.#soldOut.add(eventId);
      } catch {
        // The visitors' own requests will tell.
      }
    }
  }

  /** Every map that is still open must have come to the same end, and everything paid must be sold on it. */
  async #checkMaps(): Promise<void> {
    const untilMs = performance.now() + CATCH_UP_MS;
    const auditors = [...this.#auditors.values()].flat();
    const lastOffset = new Map<number, number>();
    const behind = () => {
      for (const { eventId, feed } of auditors) {
        lastOffset.set(eventId, Math.max(lastOffset.get(eventId) ?? 0, feed.offset));
      }
      return [...this.#open].filter(({ socket, eventId }) => socket!.offset !== lastOffset.get(eventId));
    };
    const missing = () =>
      auditors.flatMap(({ eventId, missing }) => missing.map((seat) => ({ eventId, seat })));
    while (performance.now() < untilMs && (behind().length > 0 || missing().length > 0)) await sleep(50);
    for (const { eventId, seat } of missing()) {
      this.tally.fault('A paid seat is not sold on the map.', `event ${eventId}, seat ${seat}`);
    }
    for (const { eventId, socket } of behind()) {
      const at = `event ${eventId}: ${socket?.offset}, the others ${lastOffset.get(eventId)}`;
      this.tally.fault('A socket did not hear of the last changes.', at);
    }
    for (const { eventId } of auditors) {
      const maps = this.#auditors.get(eventId)!.map(({ feed }) => Buffer.from(feed.bits).toString('base64'));
      if (new Set(maps).size > 1) this.tally.fault('Two maps of one event differ.', `event ${eventId}`);
    }
    this.tally.count('sockets at the end', this.#open.size);
    let frames = 0;
    for (const { socket } of this.#open) frames += socket!.frames;
    this.tally.count('frames to those who stayed', frames);
  }

  async #everybodyLeaves(): Promise<void> {
    const startedMs = performance.now();
    const leaving = [...this.#open].map(async (visitor) => {
      try {
        await visitor.leave();
      } catch (error) {
        if (!Visitor.isGaveUp(error)) throw error;
      }
    });
    await Promise.all(leaving);
    this.#spans['to leave'] = Math.round(performance.now() - startedMs);
    for (const watchman of this.#watchmen) watchman.socket?.destroy();
  }
}
