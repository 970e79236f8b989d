/**
 * The reckoning: what buyers were told against what the house says, for each event. PostgreSQL's report, the live counts
 * and the map must agree with each other and with the ledger, to the seat.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SEAT_SOLD } from '../../shared/domain/seat.ts';
import { base64ToBits, readSeat } from '../../shared/protocol/seat-bits.ts';
import type { Operator, Report } from './operator.ts';
import type { SalesLedger } from './sales-ledger.ts';
import type { Tally } from './tally.ts';

const SETTLE_MS = 30_000;

export type Settled = {
  readonly eventId: number;
  readonly name: string;
  readonly seats: Report['seats'];
  /** Seats that this run bought here. */
  readonly bought: number;
  readonly orders: Report['orders'];
};

/** Compares and writes every difference into the tally. `before` is the report as it was when the run began. */
export async function settle(
  operator: Operator,
  eventId: number,
  { before, isOurs, ledger, tally }: { before: Report; isOurs: boolean; ledger: SalesLedger; tally: Tally },
): Promise<Settled> {
  const untilMs = performance.now() + SETTLE_MS;
  let report = await operator.report(eventId);
  // Holds end with their admissions, and orders are settled, a moment after their owners have gone.
  const isUnsettled = ({ orders, seats, sold }: Report) =>
    orders.pending > 0 || seats.sold !== sold || (isOurs && seats.locked > 0);
  while (performance.now() < untilMs && isUnsettled(report)) {
    await sleep(250);
    report = await operator.report(eventId);
  }
  const { name } = await operator.event(eventId);
  const { states } = await operator.status(eventId);
  const bits = base64ToBits(states);
  const { seats, orders } = report;
  const ours = ledger.seatsOf(eventId);
  const where = `event ${eventId}`;
  const wrong = (what: string, seen: string) => tally.fault(what, `${where}: ${seen}`);

  if (orders.pending > 0) wrong('Orders are still pending at the end.', `${orders.pending}`);
  if (isOurs && seats.locked > 0) wrong('Seats are still locked at the end.', `${seats.locked}`);
  if (seats.available + seats.locked + seats.sold + seats.blocked !== seats.total) {
    wrong('The counts of an event do not add up.', JSON.stringify(seats));
  }
  const bookedMore = report.sold - before.sold;
  // On an event that others may buy from too, more may have been sold, but never less.
  if (isOurs ? bookedMore !== ours.size : bookedMore < ours.size) {
    wrong('The operator’s report disagrees with the buyers.', `${bookedMore} sold, ${ours.size} bought`);
  }
  if (seats.sold !== report.sold) {
    wrong('Live counts and the operator’s report disagree.', `${seats.sold} and ${report.sold}`);
  }
  let soldOnMap = 0;
  for (let seat = 0; seat < seats.total; seat += 1) if (readSeat(bits, seat) === SEAT_SOLD) soldOnMap += 1;
  if (soldOnMap !== seats.sold)
    wrong('The map and the live counts disagree.', `${soldOnMap} and ${seats.sold}`);
  for (const seat of ours) {
    if (readSeat(bits, seat) !== SEAT_SOLD) wrong('A paid seat is not sold at the end.', `seat ${seat}`);
  }
  return { eventId, name, seats, bought: ours.size, orders };
}
