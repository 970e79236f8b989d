import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UserError } from './console.ts';

/** Asks on the terminal without showing what is typed. Throws a {@link UserError} for Ctrl-C and Ctrl-D. */
export async function askHidden(question: string): Promise<string> {
  // Where the line editor would echo.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stdout.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = () => reject(new UserError('Nothing was changed.', 130));
      terminal.once('SIGINT', giveUp);
      terminal.once('close', giveUp);
      terminal.once('line', resolve);
    });
  } finally {
    terminal.close();
    process.stdout.write('\n');
  }
}
