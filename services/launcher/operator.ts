// `npm run operator -- <email>`: makes somebody an operator. The password is asked for on the terminal, or is that of
// OPERATOR_PASSWORD, or, where nobody can be asked, one that is made and shown once.

import { randomBytes } from 'node:crypto';
import { EMAIL_PATTERN, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '../../shared/domain/account.ts';
import { askHidden } from './ask-hidden.ts';
import { runMain, say, UserError } from './console.ts';
import { loadEnvFile } from './environment.ts';
import { withDatabase } from './with-database.ts';

const USAGE = 'npm run operator -- <email>, for example: npm run operator -- you@example.org';
/** 144 bits: nobody guesses it, and it fits on a line. */
const MADE_BYTES = 18;

type Password = { readonly text: string; readonly made: boolean };

function readEmail(given: readonly string[]): string {
  const [email, ...more] = given;
  if (email === undefined) throw new UserError(`Whose account is it? Usage: ${USAGE}`);
  if (more.length > 0) throw new UserError(`"${more.join(' ')}" is too much. Usage: ${USAGE}`);
  if (!new RegExp(EMAIL_PATTERN).test(email)) {
    throw new UserError(`"${email}" is not an e-mail address. Usage: ${USAGE}`);
  }
  return email;
}

async function choosePassword(): Promise<Password> {
  const given = process.env.OPERATOR_PASSWORD;
  if (given) return { text: given, made: false };
  if (process.stdin.isTTY) {
    const typed = await askHidden('Password (it is not shown; leave it empty to have one made): ');
    if (typed !== '') {
      const again = await askHidden('The same once more: ');
      if (again !== typed) throw new UserError('The two are not the same. Nothing was changed.');
      return { text: typed, made: false };
    }
  }
  return { text: randomBytes(MADE_BYTES).toString('base64url'), made: true };
}

await runMain(async () => {
  loadEnvFile();
  const email = readEmail(process.argv.slice(2));
  const password = await choosePassword();
  const { length } = password.text;
  if (length < PASSWORD_CHARS_MIN || length > PASSWORD_CHARS_MAX) {
    throw new UserError(
      `A password has ${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX} characters; this one has ${length}. Nothing was changed.`,
    );
  }
  await withDatabase(async (databaseUrl) => {
    const { makeOperator } = await import('../../db/accounts.ts');
    const { openDb } = await import('../../db/client.ts');
    const { migrate } = await import('../../db/migrate.ts');
    await migrate(databaseUrl);
    const db = openDb(databaseUrl, { poolMax: 1, applicationName: 'usher-operator' });
    try {
      const outcome = await makeOperator(db, { email, password: password.text });
      say(
        {
          made: `${email} is an operator.`,
          promoted: `${email} had an account and is an operator now, with the new password, from the next login on.`,
          renewed: `${email} was an operator already and has the new password.`,
        }[outcome],
      );
    } finally {
      await db.close();
    }
  });
  // After everything that may fail: shown once, and kept nowhere.
  if (password.made) say(`Password: ${password.text}`);
  return 0;
});
