/** AC1, OP1: how operators come to be, on the command line and nowhere else. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccount, logIn } from '../../db/accounts.ts';
import { readAudit } from '../../db/audit.ts';
import { type Db, openDb } from '../../db/client.ts';
import { type TestDatabase, testDatabase } from '../../shared/testing/postgres.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** Each call is a process of its own; on a busy machine its start takes seconds. */
const TIMEOUT_MS = 60_000;

let database: TestDatabase;
let db: Db;

beforeAll(async () => {
  database = await testDatabase();
  db = openDb(database.url, { poolMax: 1 });
});
afterAll(async () => {
  await db?.close();
  await database?.close();
});

function operator(
  args: readonly string[],
  { password = '', url = database.url }: { password?: string; url?: string } = {},
): Promise<CommandResult> {
  const env = { PATH: process.env.PATH, DATABASE_URL: url, OPERATOR_PASSWORD: password };
  return runCommand(process.execPath, [join(import.meta.dirname, 'operator.ts'), ...args], { env });
}

it(
  'makes an operator with the password of OPERATOR_PASSWORD, which is never printed',
  async () => {
    const { code, output } = await operator(['Ada@Example.org'], { password: 'a decent password' });
    expect({ code, output }).toEqual({ code: 0, output: 'Ada@Example.org is an operator.\n' });
    expect(await logIn(db, 'ada@example.org', 'a decent password')).toMatchObject({ role: 'operator' });
  },
  TIMEOUT_MS,
);

it(
  'makes a password where nobody can be asked, prints it once, and it fits',
  async () => {
    const { code, output } = await operator(['made@example.org']);
    expect(code).toBe(0);
    const password = /^Password: (\S{24})$/m.exec(output)?.[1] ?? '';
    expect(await logIn(db, 'made@example.org', password)).toMatchObject({ role: 'operator' });
  },
  TIMEOUT_MS,
);

it(
  'promotes whoever has an account, whose old password is worth nothing after it',
  async () => {
    const before = await createAccount(db, { email: 'bob@example.org', password: 'chosen by a stranger' });
    const { code, output } = await operator(['bob@example.org'], { password: 'chosen by the house' });
    expect([code, output]).toEqual([0, expect.stringContaining('is an operator now')]);
    await expect(logIn(db, 'bob@example.org', 'chosen by a stranger')).rejects.toThrow(/password is wrong/);
    const after = await logIn(db, 'bob@example.org', 'chosen by the house');
    expect(after).toEqual({ ...before, role: 'operator' });
    const again = await operator(['bob@example.org'], { password: 'chosen once more' });
    expect(again.output).toContain('was an operator already');
    const audit = await readAudit(db, { limit: 2 });
    expect(audit.map(({ action, details }) => [action, details.email])).toEqual([
      ['operator_renewed', 'bob@example.org'],
      ['operator_promoted', 'bob@example.org'],
    ]);
  },
  TIMEOUT_MS,
);

it(
  'says in a sentence what is wrong, and changes nothing then',
  async () => {
    const faults: [args: string[], given: { password?: string; url?: string }, says: RegExp][] = [
      [[], {}, /^Whose account is it\? Usage: npm run operator -- <email>/],
      [['nobody'], {}, /^"nobody" is not an e-mail address/],
      [['a@b.example', 'c@d.example'], {}, /^"c@d.example" is too much/],
      [['a@b.example'], { password: 'short' }, /^A password has 8 to 200 characters; this one has 5\./],
      [
        ['a@b.example'],
        { url: 'postgres://localhost:1/usher' },
        /^DATABASE_URL .*Does PostgreSQL run there\?/,
      ],
    ];
    const results = await Promise.all(faults.map(([args, given]) => operator(args, given)));
    for (const [at, { code, output }] of results.entries()) {
      const [args, , says] = faults[at]!;
      expect([args, code, output.trim().split('\n').length]).toEqual([args, 1, 1]);
      expect(output).toMatch(says);
    }
    await expect(logIn(db, 'a@b.example', 'short')).rejects.toThrow();
  },
  TIMEOUT_MS,
);
