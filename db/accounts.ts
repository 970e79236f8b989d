/** Accounts, their passwords, and the visitors (browsers) that are theirs. Rules AC. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { UsherError } from '../shared/domain/errors.ts';
import { writeAudit } from './audit.ts';
import { type Db, sqlState } from './client.ts';
import { accounts, accountVisitors } from './schema.ts';

export type AccountRow = {
  readonly accountId: string;
  readonly email: string;
  readonly role: 'visitor' | 'operator';
};

const derive = promisify<Buffer, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);
/** 16 MB and some tens of milliseconds a guess, off the event loop. Stored with each hash, so it may grow. */
const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** Half of the threads that also unpack, resolve names and read files. */
const HASHES_AT_ONCE = 2;
/** More than anybody waits for; a flood of guesses is told to come back. */
const HASHES_WAITING_MAX = 64;
const waiting: (() => void)[] = [];
let hashing = 0;

/** Derives a key when it is its turn. Throws `unavailable` where too many wait already. */
async function deriveInTurn(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  if (hashing >= HASHES_AT_ONCE) {
    if (waiting.length >= HASHES_WAITING_MAX) throw new UsherError('unavailable', { retryAfterMs: 2_000 });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else hashing++;
  try {
    return await derive(Buffer.from(password.normalize('NFKC')), salt, KEY_BYTES, cost);
  } finally {
    // The turn goes to the next who waits, or is given back.
    const next = waiting.shift();
    if (next !== undefined) next();
    else hashing--;
  }
}

/** `scrypt$N$r$p$salt$key`, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await deriveInTurn(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password is the one that was hashed; takes as long either way. */
export async function passwordFits(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt, key] = hash.split('$');
  const known = Buffer.from(key ?? '', 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const given = await deriveInTurn(password, Buffer.from(salt ?? '', 'base64url'), cost);
  return known.length === given.length && timingSafeEqual(known, given);
}

/** How people name themselves, however they type it. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Makes an account. Throws `email_taken`. */
export async function createAccount(
  db: Db,
  { email, password, role = 'visitor' }: { email: string; password: string; role?: AccountRow['role'] },
): Promise<AccountRow> {
  const passwordHash = await hashPassword(password);
  try {
    const [row] = await db.orm
      .insert(accounts)
      .values({ email: normalizeEmail(email), passwordHash, role })
      .returning({ accountId: accounts.accountId, email: accounts.email, role: accounts.role });
    return row!;
  } catch (error) {
    if (sqlState(error) === '23505') throw new UsherError('email_taken');
    throw error;
  }
}

/**
 * Makes an operator with this password of whoever has this address, and says so in the audit. An account that was
 * there gets the password too: signing up wants no proof of an address, so it may be a stranger's.
 */
export async function makeOperator(
  db: Db,
  account: { email: string; password: string },
): Promise<'made' | 'promoted' | 'renewed'> {
  const email = normalizeEmail(account.email);
  const passwordHash = await hashPassword(account.password);
  const role = 'operator';
  return db.orm.transaction(async (tx) => {
    const known = await tx.query.accounts.findFirst({ where: eq(accounts.email, email) });
    await tx
      .insert(accounts)
      .values({ email, passwordHash, role })
      .onConflictDoUpdate({ target: accounts.email, set: { passwordHash, role } });
    const outcome = known === undefined ? 'made' : known.role === role ? 'renewed' : 'promoted';
    await writeAudit(tx, {
      actor: 'npm run operator',
      action: `operator_${outcome}`,
      details: { email },
    });
    return outcome;
  });
}

let nobody: Promise<string> | undefined;

/** The account of somebody who knows its password. Throws `bad_login`, as slowly for addresses that nobody has. */
export async function logIn(db: Db, email: string, password: string): Promise<AccountRow> {
  const row = await db.orm.query.accounts.findFirst({ where: eq(accounts.email, normalizeEmail(email)) });
  nobody ??= hashPassword(randomBytes(SALT_BYTES).toString('hex'));
  const fits = await passwordFits(password, row?.passwordHash ?? (await nobody));
  if (row === undefined || !fits) throw new UsherError('bad_login');
  return { accountId: row.accountId, email: row.email, role: row.role };
}

/** The account with this id, where it still is. */
export async function findAccount(db: Db, accountId: string): Promise<AccountRow | undefined> {
  const row = await db.orm.query.accounts.findFirst({ where: eq(accounts.accountId, accountId) });
  return row && { accountId: row.accountId, email: row.email, role: row.role };
}

/**
 * Says that a visitor is this account's. The first account keeps it: whoever logs in later from the same
 * browser must not read what the first one bought.
 */
export async function linkVisitor(db: Db, accountId: string, visitorId: string): Promise<void> {
  await db.orm.insert(accountVisitors).values({ accountId, visitorId }).onConflictDoNothing();
}

/** Makes an account unless its address has one; for the demo. */
export async function ensureAccount(
  db: Db,
  account: { email: string; password: string; role: AccountRow['role'] },
): Promise<void> {
  const email = normalizeEmail(account.email);
  const known = await db.orm.query.accounts.findFirst({ where: eq(accounts.email, email) });
  if (known !== undefined) return;
  await createAccount(db, account).catch((error: unknown) => {
    if (!(error instanceof UsherError)) throw error;
  });
}
