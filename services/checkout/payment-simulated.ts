/**
 * The provider that sells nothing: its cards behave as cards do on a bad day. It keeps a ledger of its own
 * and has its own idempotency, so that what crosses this port could as well cross the Internet; whatever a
 * card does goes on although the caller has died.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../db/client.ts';
import { type LedgerEntry, moveLedger, openLedger, readLedger } from '../../db/simulated-payments.ts';
import { randomId } from '../../shared/domain/ids.ts';
import type { PaymentAnswer, PaymentPort, PaymentRequest } from './payment-port.ts';

const SLOW_MS = 3_000;
const FLAKY_FAILURES = 2;
/** What a first request of each card leaves in the ledger. */
const FIRST_STATES: Readonly<Record<string, LedgerEntry['state']>> = {
  pm_card_visa: 'authorised',
  pm_card_chargeDeclined: 'declined',
  pm_sim_slow: 'pending',
  pm_sim_timeout: 'pending',
  pm_sim_answer_lost: 'authorised',
  pm_sim_flaky: 'erred',
};

/** The simulated provider over a ledger in `db`. */
export function simulatedPayments(db: Db): PaymentPort {
  /** A slow card approves when its time has come, whether or not anybody is waiting. */
  const ripen = async (key: string, entry: LedgerEntry): Promise<LedgerEntry> => {
    const ripe = entry.method === 'pm_sim_slow' && entry.state === 'pending' && entry.ageMs >= SLOW_MS;
    return ripe ? ((await moveLedger(db, key, ['pending'], 'authorised')) ?? entry) : entry;
  };

  const open = (request: PaymentRequest, state: LedgerEntry['state']): Promise<LedgerEntry> =>
    openLedger(db, { ...request, reference: `sim_${randomId()}`, state });

  return {
    async authorise(request, signal) {
      const { key, method } = request;
      let entry = await open(request, FIRST_STATES[method] ?? 'declined');
      if (entry.state === 'erred') {
        if (entry.attempts <= FLAKY_FAILURES) throw new Error('The provider answered 500.');
        entry = (await moveLedger(db, key, ['erred'], 'authorised')) ?? entry;
      }
      if (method === 'pm_sim_timeout' && entry.state === 'pending') return never(signal);
      if (method === 'pm_sim_answer_lost' && entry.attempts === 1) return never(signal);
      if (method === 'pm_sim_slow' && entry.state === 'pending') {
        await sleep(Math.max(1, SLOW_MS - entry.ageMs), undefined, { signal });
        entry = (await moveLedger(db, key, ['pending'], 'authorised')) ?? entry;
      }
      return answer(entry);
    },

    async capture(key) {
      return answer(await moveLedger(db, key, ['authorised'], 'captured'));
    },

    async lookup(key) {
      const entry = await readLedger(db, key);
      return answer(entry && (await ripen(key, entry)));
    },

    async cancel(request) {
      // A key that was never heard of is taken, so that a request which is still on its way finds it void.
      await open(request, 'void');
      return answer(await moveLedger(db, request.key, ['erred', 'pending', 'authorised'], 'void'));
    },

    async refund(key) {
      return answer(await moveLedger(db, key, ['captured'], 'refunded'));
    },
  };
}

function answer(entry: LedgerEntry | undefined): PaymentAnswer {
  if (entry === undefined || entry.state === 'erred') return { state: 'unknown' };
  return entry.state === 'authorised' || entry.state === 'captured'
    ? { state: entry.state, reference: entry.reference }
    : { state: entry.state };
}

/** Does not come back before the caller gives up. */
function never(signal: AbortSignal): Promise<never> {
  const gone = Promise.withResolvers<never>();
  const giveUp = () => gone.reject(signal.reason);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp, { once: true });
  return gone.promise;
}
