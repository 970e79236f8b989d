/**
 * A rush on too few tickets: every request is sent at the same moment on a connection of its own, and each wants one
 * ticket in one call. As many as there are seats must be told that they have one, and nobody else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderView, Purchase } from '../../shared/protocol/http.ts';
import type { Sale } from '../lib/sales-ledger.ts';
import { Tally } from '../lib/tally.ts';
import { GatewayClient, type Reply } from './gateway-client.ts';
import { type Point, type RushPlan, type SwarmResult, visitorAddress } from './plan.ts';

const SETTLE_MS = 60_000;
/** What somebody is told who comes too late: none is left, or what is left is being paid for by others. */
const TOO_LATE: ReadonlySet<string> = new Set(['sold_out', 'no_adjacent_seats', 'seats_taken']);

export class Rush {
  readonly plan: RushPlan;
  readonly tally = new Tally();
  readonly sales: Sale[] = [];
  readonly #http: GatewayClient;
  #answered = 0;

  constructor(plan: RushPlan) {
    this.plan = plan;
    this.#http = new GatewayClient(plan.gatewayUrl, { connections: plan.requests });
  }

  get point(): Point {
    const paid = this.tally.countOf('paid');
    return { atMs: Date.now(), joined: 0, admitted: 0, sockets: 0, ordered: this.#answered, paid };
  }

  async run(): Promise<SwarmResult> {
    const { requests } = this.plan;
    await this.#http.open(requests);
    this.tally.count('requests at a time', requests);
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: requests }, (_, number) => this.#buy(number)));
    const answeredMs = Math.round(performance.now() - startedMs);
    this.#http.close();
    const { counts, latencies, faults } = this.tally;
    return {
      counts,
      latencies,
      faults,
      sales: this.sales,
      spans: { 'until all were answered and paid': answeredMs },
    };
  }

  async #buy(number: number): Promise<void> {
    const address = visitorAddress(this.plan.firstAddress + number);
    const path = `/buy/${this.plan.eventId}`;
    let reply: Reply;
    try {
      reply = await this.#http.ask({
        method: 'POST',
        path,
        address,
        body: {
          quantity: 1,
          buyer: { name: 'Load Test', email: `rush.${number}@example.org` },
          payment: { method: 'pm_card_visa' },
        },
      });
    } catch (error) {
      this.tally.fault('POST /buy got no answer.', (error as Error).message);
      return;
    }
    this.#answered += 1;
    if (reply.status === 409 && TOO_LATE.has(reply.body?.code)) {
      this.tally.time('told that it is too late', reply.ms);
      this.tally.count('too late');
    } else if (reply.status === 201 || reply.status === 202) {
      this.tally.time(reply.status === 201 ? 'bought in one call' : 'accepted, paid later', reply.ms);
      await this.#settle(reply.body as Purchase);
    } else this.tally.fault(`POST /buy was answered ${reply.status}.`, reply.text);
  }

  async #settle({ purchaseId, visitorToken }: Purchase): Promise<void> {
    const untilMs = performance.now() + SETTLE_MS;
    for (;;) {
      const { status, body, text } = await this.#http.ask({
        path: `/orders/${purchaseId}`,
        token: visitorToken,
      });
      if (status !== 200) {
        this.tally.fault(`GET /orders/:id was answered ${status}.`, text);
        return;
      }
      const order = body as OrderView;
      if (order.status === 'paid') {
        const ticketIds = order.tickets.map(({ ticketId }) => ticketId);
        if (ticketIds.length !== 1) this.tally.fault('A paid order lacks its ticket.', purchaseId);
        this.tally.count('paid');
        this.tally.count('tickets', ticketIds.length);
        this.sales.push({ eventId: this.plan.eventId, orderId: purchaseId, seats: order.seats, ticketIds });
        return;
      }
      if (order.status !== 'pending' || performance.now() > untilMs) {
        this.tally.fault('An order with a good card was not paid.', `${purchaseId}: ${order.status}`);
        return;
      }
      await sleep(500);
    }
  }
}
