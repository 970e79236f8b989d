/**
 * The ledger of the simulated payment provider: what a real one would have on its side of the wire. It is
 * never read by anything but the simulation, and never joined with an order.
 */
import type { Db } from './client.ts';

/** `erred`: the request died on the provider's side and left nothing behind. */
export type LedgerState = 'erred' | 'pending' | 'authorised' | 'captured' | 'declined' | 'void' | 'refunded';

export type LedgerEntry = {
  readonly reference: string;
  readonly method: string;
  readonly state: LedgerState;
  /** How often an authorisation was asked for under this key. */
  readonly attempts: number;
  /** Since when it has been in this state. */
  readonly ageMs: number;
};

const columns = (db: Db) => db.sql`
  reference, method, state, attempts, floor(extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as "ageMs"`;

export async function readLedger(db: Db, key: string): Promise<LedgerEntry | undefined> {
  const [row] = await db.sql<LedgerEntry[]>`
    select ${columns(db)} from simulated_payments where idempotency_key = ${key}`;
  return row;
}

/** Writes the first request of a key down; every further one only counts. The answer is what stands there. */
export async function openLedger(
  db: Db,
  entry: {
    readonly key: string;
    readonly reference: string;
    readonly method: string;
    readonly amountMinor: number;
    readonly currency: string;
    readonly state: LedgerState;
  },
): Promise<LedgerEntry> {
  const [row] = await db.sql<LedgerEntry[]>`
    insert into simulated_payments as p (idempotency_key, reference, method, amount_minor, currency, state, attempts)
    values (${entry.key}, ${entry.reference}, ${entry.method}, ${entry.amountMinor}, ${entry.currency}, ${entry.state}, 1)
    on conflict (idempotency_key) do update set attempts = p.attempts + 1
    returning ${columns(db)}`;
  return row!;
}

/** Moves an entry on, if it is in one of the states `from`; the answer is what stands there afterwards. */
export async function moveLedger(
  db: Db,
  key: string,
  from: readonly LedgerState[],
  to: LedgerState,
): Promise<LedgerEntry | undefined> {
  const [row] = await db.sql<LedgerEntry[]>`
    update simulated_payments set state = ${to}, updated_at = clock_timestamp()
    where idempotency_key = ${key} and state = any(${[...from]}::text[]) returning ${columns(db)}`;
  return row ?? readLedger(db, key);
}
