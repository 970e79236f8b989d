/**
 * A small on-sale with everything in it that a dashboard asks about: a line, holds over HTTP and sockets, losers,
 * declines, a provider that fails, refunds, tickets and mail, holds that run out, and visitors who leave.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Buyer, call } from '../shared/testing/buyer.ts';
import type { House } from '../shared/testing/house.ts';

const METHODS = ['pm_card_visa', 'pm_card_visa', 'pm_card_chargeDeclined', 'pm_sim_flaky'] as const;

/** Keeps the house busy for so long. Single visitors may fail; what they leave behind is what is looked at. */
export async function bustle(house: House, forMs: number): Promise<void> {
  const endMs = Date.now() + forMs;
  const events = [
    await house.createEvent({ onSale: { capacity: 4, holdMs: 1_000, admissionMs: 3_000 } }),
    await house.createEvent({ venue: { template: 'general', seats: 500 }, onSale: { waitingRoom: 'off' } }),
  ];
  const cut = sleep(forMs / 2).then(() => cutSubscribers(house.redis.url));
  const lanes = events.flatMap((eventId) => Array.from({ length: 6 }, (_, lane) => ({ eventId, lane })));
  await Promise.all(
    lanes.map(async ({ eventId, lane }) => {
      for (let round = lane; Date.now() < endMs; round++) {
        await visit(house, eventId, round).catch(() => sleep(50));
      }
    }),
  );
  await cut;
}

/** Breaks the connections over which the seat service hears of changes: it has to find what it missed. */
async function cutSubscribers(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  redis.disconnect();
}

async function visit(house: House, eventId: number, round: number): Promise<void> {
  const buyer = new Buyer(house.gatewayUrl, eventId);
  const socket = await buyer.watch(round % 2 === 0 ? 'usher.v1' : 'usher.v1.json');
  try {
    const own = { token: buyer.admission?.admissionToken, method: 'POST' };
    const event = `${house.gatewayUrl}/events/${eventId}`;
    // Everybody wants the first seat; one gets it.
    await socket.ask({ type: 'hold', seats: [0] });
    await call(`${event}/holds`, { ...own, body: { seats: [0] } });
    socket.raw(JSON.stringify({ type: 'resync' }));
    await socket.ask({ type: 'hold_best', count: 1 });
    if (round % 4 === 2) await socket.heard('hold_ended', ({ reason }) => reason === 'expired');
    const held = await call<{ holdId?: string }>(`${event}/holds`, { ...own, body: { best: { count: 2 } } });
    if (held.body.holdId === undefined) return;
    const { body } = await buyer.order(held.body.holdId, METHODS[round % METHODS.length]);
    const order = await buyer.settled(body.orderId);
    if (order.status === 'paid' && round % 3 === 0) {
      const refund = `${house.gatewayUrl}/admin/orders/${order.orderId}/refund`;
      await call(refund, { method: 'POST', token: house.operatorToken });
    }
    await call(`${house.gatewayUrl}/nothing`);
  } finally {
    socket.close();
    // Some just go away: the admitter has to notice.
    const leaves = round % 5 > 0;
    if (leaves)
      await call(`${house.gatewayUrl}/events/${eventId}/admission`, {
        method: 'DELETE',
        token: buyer.admission?.admissionToken,
      });
  }
}
