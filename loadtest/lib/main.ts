/** A run from its options to its exit code: the house, the events, the parts, the reckoning, the report. */
import { join } from 'node:path';
import { runArtillery } from './artillery-part.ts';
import { blockChart } from './chart.ts';
import { findHouse, type House } from './house.ts';
import { Operator, type Report } from './operator.ts';
import { HELP, type LoadOptions, OptionError, parseOptions } from './options.ts';
import type { PartContext, PartResult } from './parts.ts';
import { figuresOf, type RushFigures, type SaleFigures } from './plans.ts';
import { familyOf } from './processes.ts';
import { milestones, type RunReport, rates, writeReport } from './report.ts';
import { SalesLedger } from './sales-ledger.ts';
import { type Settled, settle } from './settlement.ts';
import { runSwarm } from './swarm-part.ts';
import { Tally } from './tally.ts';

const REPORT_DIR = join(import.meta.dirname, '..', 'report');
/** Room for the sockets that keep the whole map. */
const AUDITORS = 2;
const RATE_PER_MINUTE_MAX = 1_000_000;
/** Of files that one process may have open, some are not sockets. */
const SPARE_FILES = 500;

const say = (text: string) => console.log(text);

/** Runs what the words ask for and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  let house: House | undefined;
  try {
    const options = parseOptions(argv);
    if (options.help) {
      say(HELP);
      return 0;
    }
    checkFiles(options);
    house = await findHouse(options, say);
    const report = await run(options, house, argv, stop.signal);
    return conclude(report, options.reportDir ?? REPORT_DIR);
  } catch (error) {
    if (stop.signal.aborted) console.error('Stopped before the end.');
    else if (error instanceof OptionError) console.error(error.message);
    else console.error(error);
    return 1;
  } finally {
    await house?.stop();
  }
}

/** The swarm has all its sockets in one process, and so has the seat service. */
function checkFiles({ connections = 0 }: LoadOptions): void {
  const { soft } = (
    process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  ).userLimits?.open_files ?? { soft: 'unlimited' };
  if (typeof soft === 'number' && connections + SPARE_FILES > soft) {
    throw new OptionError(
      `A process may have ${soft} files open here, too few for ${connections} sockets. Raise it with \`ulimit -n\`.`,
    );
  }
}

async function run(
  options: LoadOptions,
  house: House,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<RunReport> {
  const startedAtMs = Date.now();
  const { url } = house;
  const operator = await Operator.logIn(url);
  const context: PartContext = { url, family: familyOf(url), signal, say };
  const figures = figuresOf(options);
  const run = new Run(operator, context);
  await run.takeEvents(options.events);
  try {
    if (figures.artillery) await run.artillery(figures.artillery);
    for (const sale of figures.sales) await run.sale(sale, options.events);
    if (figures.rush) await run.rush(figures.rush);
  } finally {
    await run.giveEventsBack();
  }
  const events = await run.settle();
  return {
    startedAtMs,
    wallMs: Date.now() - startedAtMs,
    command: argv.length === 0 ? '(none)' : argv.join(' '),
    url,
    house: house.origin,
    parts: run.parts,
    events,
    ordersPaid: run.ledger.orders,
    seatsSold: run.ledger.seats,
    duplicates: run.ledger.duplicates,
    faults: run.faults,
  };
}

type EventInUse = { readonly isOurs: boolean; readonly before: Report; readonly levers?: object };

class Run {
  readonly ledger = new SalesLedger();
  readonly parts: PartResult[] = [];
  readonly #reckoning = new Tally();
  readonly #operator: Operator;
  readonly #context: PartContext;
  readonly #events = new Map<number, EventInUse>();
  #nextAddress = Math.floor(Math.random() * 131_072);

  constructor(operator: Operator, context: PartContext) {
    this.#operator = operator;
    this.#context = context;
  }

  get faults(): RunReport['faults'] {
    const ofParts = this.parts.flatMap(({ name, faults }) =>
      faults.map((fault) => ({ ...fault, part: name })),
    );
    return [...ofParts, ...this.#reckoning.faults.map((fault) => ({ ...fault, part: 'reckoning' }))];
  }

  /** Named events: their levers are remembered. */
  async takeEvents(eventIds: readonly number[]): Promise<void> {
    for (const eventId of eventIds) {
      const { name, status, onSale } = await this.#operator.event(eventId);
      if (status !== 'open' && status !== 'sold_out') {
        throw new OptionError(`Event ${eventId} (${name}) is ${status}; a load test wants it open.`);
      }
      const { capacity, ratePerMinute } = onSale;
      const before = await this.#operator.report(eventId);
      this.#events.set(eventId, { isOurs: false, before, levers: { capacity, ratePerMinute } });
      if (status === 'sold_out') say(`Event ${eventId} (${name}) is sold out: its visitors can only wait.`);
    }
  }

  async giveEventsBack(): Promise<void> {
    for (const [eventId, { levers }] of this.#events) {
      if (levers) await this.#operator.setOnSale(eventId, levers);
    }
  }

  async #ownEvent(name: string, venue: object, onSale: object): Promise<number> {
    const eventId = await this.#operator.createEvent(`Load test: ${name}`, venue, onSale);
    this.#events.set(eventId, { isOurs: true, before: await this.#operator.report(eventId) });
    return eventId;
  }

  #addresses(count: number): number {
    const first = this.#nextAddress;
    this.#nextAddress += count;
    return first;
  }

  async artillery({
    arrivalsPerSecond,
    durationS,
  }: {
    arrivalsPerSecond: number;
    durationS: number;
  }): Promise<void> {
    const visitors = arrivalsPerSecond * durationS;
    say(`Artillery: ${visitors} visitors in ${durationS} s ...`);
    const eventId = await this.#ownEvent(
      'on-sale',
      { template: 'arena', seats: Math.max(1_000, visitors * 5) },
      { capacity: Math.max(50, visitors), ratePerMinute: RATE_PER_MINUTE_MAX },
    );
    this.#add(await runArtillery(this.#context, { eventId, arrivalsPerSecond, durationS }));
  }

  async sale(figures: SaleFigures, named: readonly number[]): Promise<void> {
    const { name, title, visitors, connections, joinS, saleS, seatsMax, deadlineS } = figures;
    say(`${title} ...`);
    const events = [...named];
    for (const eventId of named) {
      const wanted = Math.ceil(connections / named.length) + AUDITORS;
      const { onSale } = await this.#operator.event(eventId);
      await this.#operator.setOnSale(eventId, {
        capacity: Math.max(onSale.capacity, wanted),
        ratePerMinute: RATE_PER_MINUTE_MAX,
      });
    }
    if (events.length === 0) {
      const venue = { template: 'arena', seats: Math.max(1_000, visitors * seatsMax) };
      const onSale = { capacity: connections + AUDITORS, ratePerMinute: RATE_PER_MINUTE_MAX };
      events.push(await this.#ownEvent(name, venue, onSale));
    }
    const { buyFrom, buyers, ordersMax, pollMs, declinedShare } = figures;
    const settings = {
      events: events.join(', '),
      visitors,
      'capacity (sockets at a time)': connections,
      'of them want to buy': buyers,
      'seats an order': `1 to ${seatsMax}`,
      'join within, s': joinS,
      'purchases spread over, s': saleS,
      'purchases begin': buyFrom === 'connected' ? 'when all are in' : 'as soon as one is in',
      'poll while waiting, every ms': pollMs,
      'first card declined': `${declinedShare * 100} %`,
      ...(ordersMax < visitors && { 'over after orders': ordersMax }),
    };
    const plan = {
      kind: 'sale',
      gatewayUrl: this.#context.url,
      events,
      visitors,
      joinMs: joinS * 1_000,
      saleMs: saleS * 1_000,
      buyFrom,
      buyers,
      ordersMax,
      seatsMax,
      declinedShare,
      pollMs,
      deadlineMs: deadlineS * 1_000,
      firstAddress: this.#addresses(visitors + events.length * AUDITORS),
    } as const;
    this.#add(await runSwarm(this.#context, plan, { name, title, settings }));
  }

  async rush({ requests, seats }: RushFigures): Promise<void> {
    const title = `A rush: ${requests} purchases at once for ${seats} tickets`;
    say(`${title} ...`);
    const eventId = await this.#ownEvent('rush', { template: 'general', seats }, { waitingRoom: 'off' });
    const plan = {
      kind: 'rush',
      gatewayUrl: this.#context.url,
      eventId,
      requests,
      firstAddress: this.#addresses(requests),
    } as const;
    const settings = { event: eventId, 'requests at a time': requests, tickets: seats };
    const part = await runSwarm(this.#context, plan, { name: 'rush', title, settings });
    const paid = part.counts.paid ?? 0;
    if (paid !== seats) {
      this.#reckoning.fault('A rush on few tickets did not sell exactly those.', `${paid} of ${seats}`);
    }
    this.#add(part);
  }

  #add(part: PartResult): void {
    this.parts.push(part);
    for (const sale of part.sales) this.ledger.add(sale);
    sayPart(part);
  }

  async settle(): Promise<Settled[]> {
    const settled: Settled[] = [];
    for (const [eventId, { before, isOurs }] of this.#events) {
      const facts = { before, isOurs, ledger: this.ledger, tally: this.#reckoning };
      settled.push(await settle(this.#operator, eventId, facts));
    }
    for (const sentence of this.ledger.duplicates)
      this.#reckoning.fault('A seat or a ticket was sold twice.', sentence);
    return settled;
  }
}

function sayPart({ counts, latencies, spans, cpuSeconds, points, wallMs }: PartResult): void {
  const counted = [...Object.entries(counts), ...rates(counts, spans), ...milestones(points)];
  say(`  ${counted.map(([name, value]) => `${name} ${value}`).join(', ')}`);
  for (const [step, { p50, p95, p99 }] of Object.entries(latencies)) {
    say(`  ${step.padEnd(26)} p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`);
  }
  const cpu = Object.entries(cpuSeconds).map(([name, seconds]) => {
    return `${name} ${seconds.toFixed(1)} s (${Math.round((seconds * 100_000) / wallMs)} %)`;
  });
  if (cpu.length > 0) say(`  CPU: ${cpu.join(', ')}`);
  const chart = blockChart(points);
  if (chart !== '') say(`\n${chart.replaceAll(/^/gm, '  ')}\n`);
}

function conclude(report: RunReport, dir: string): number {
  const files = writeReport(dir, report);
  const { faults, ordersPaid, seatsSold, duplicates } = report;
  say('');
  for (const { part, what, count, examples } of faults) {
    console.error(`FAULT (${part}) ${what} ${count > 1 ? `${count} times. ` : ''}${examples[0] ?? ''}`);
  }
  const verdict = faults.length === 0 ? 'Passed' : 'Failed';
  say(
    `${verdict}: ${ordersPaid} orders paid, ${seatsSold} seats, ${duplicates.length} sold twice, ${(report.wallMs / 1_000).toFixed(1)} s.`,
  );
  say(`The report: ${files.find((file) => file.endsWith('.md'))}`);
  return faults.length === 0 ? 0 : 1;
}
