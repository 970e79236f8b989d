// `npm run verify-draw -- <url or file> [--event 7] [--number 42 --receipt 0123...]`: checks a draw from what is
// published of it, with none of the house's services: what was promised before it, who was present, every place.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DrawRecord, DrawTicket } from '../../shared/domain/draw/draw.ts';
import { DrawMismatch, verifyDraw } from '../../shared/domain/draw/verify.ts';
import { runMain, say, UserError } from './console.ts';

const USAGE = `npm run verify-draw -- <url or file> [options], for example:
  npm run verify-draw -- http://localhost:8080 --event 7
  npm run verify-draw -- http://localhost:8080/events/7 --number 42 --receipt 0123456789abcdef0123456789abcdef
  npm run verify-draw -- draw-7.json
Options:
  --event <number>       whose draw, where the address does not say it
  --line <lineEpoch>     an earlier draw of the event
  --number <number>      your number in the lobby, and with it
  --receipt <hex>        the receipt that you were given there
  --commitment <hex>     the promise that you were shown before the draw
  --place <number>       the number that your place has since
  --save <file>          keeps what was checked, to be checked again without the house`;

type Published = { readonly record: DrawRecord; readonly present: Uint8Array };

const WHOLE = /^\d{1,16}$/;

/** Reads the command line. Throws a UserError with the usage. */
function readArgs(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        event: { type: 'string' },
        line: { type: 'string' },
        number: { type: 'string' },
        receipt: { type: 'string' },
        commitment: { type: 'string' },
        place: { type: 'string' },
        save: { type: 'string' },
      },
    });
    const [source, ...more] = positionals;
    if (source === undefined || more.length > 0) throw new Error('One address or file is wanted.');
    for (const name of ['event', 'line', 'number', 'place'] as const) {
      const value = values[name];
      if (value !== undefined && !WHOLE.test(value)) throw new Error(`--${name} wants a number.`);
    }
    if ((values.number === undefined) !== (values.receipt === undefined)) {
      throw new Error('--number and --receipt belong together.');
    }
    if (values.number === undefined && (values.place ?? values.commitment) !== undefined) {
      throw new Error('--place and --commitment want --number and --receipt.');
    }
    return { source, ...values };
  } catch (error) {
    throw new UserError(`${(error as Error).message} Usage: ${USAGE}`);
  }
}

/** The address of an event's draw, or undefined where `source` is no address. */
function drawUrl(source: string, event: string | undefined, line: string | undefined): URL | undefined {
  if (!/^https?:\/\//.test(source)) return undefined;
  const url = new URL(source);
  const eventId = event ?? /\/events\/(\d+)/.exec(url.pathname)?.[1];
  if (eventId === undefined) throw new UserError('Which event? Say it with --event.');
  const before = url.pathname.replace(/\/events\/.*$/, '').replace(/\/$/, '');
  const draw = new URL(`${before}/events/${eventId}/draw`, url.origin);
  if (line !== undefined) draw.searchParams.set('line', line);
  return draw;
}

async function ask(url: URL): Promise<Response> {
  const response = await fetch(url).catch((error: Error) => {
    throw new UserError(
      `${url.href} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`,
    );
  });
  if (!response.ok) throw new UserError(`${url.href} answered ${response.status}: ${await response.text()}`);
  return response;
}

async function download(url: URL): Promise<Published> {
  const view = (await (await ask(url)).json()) as DrawRecord & { state?: string; presentUrl?: string };
  if (view.state !== 'drawn') {
    throw new UserError(`The lobby has not been drawn yet. The promise is ${view.commitment}: keep it.`);
  }
  const { presentUrl = '', state: _state, ...record } = view;
  // Behind a proxy with a path of its own, the house's paths stand below it.
  const present = new URL(`${url.pathname}/present${new URL(presentUrl, url).search}`, url.origin);
  return { record, present: new Uint8Array(await (await ask(present)).arrayBuffer()) };
}

function readSaved(file: string): Published {
  if (!existsSync(file)) throw new UserError(`There is no file ${file}, and it is no address either.`);
  try {
    const { present, ...record } = JSON.parse(readFileSync(file, 'utf8')) as DrawRecord & { present: string };
    return { record, present: new Uint8Array(Buffer.from(present, 'base64')) };
  } catch {
    throw new UserError(`${file} is none of the files that --save writes.`);
  }
}

await runMain(async () => {
  const args = readArgs(process.argv.slice(2));
  const url = drawUrl(args.source, args.event, args.line);
  const published = url === undefined ? readSaved(args.source) : await download(url);
  const { record, present } = published;
  if (args.save !== undefined) {
    const file = { ...record, present: Buffer.from(present).toString('base64') };
    writeFileSync(args.save, `${JSON.stringify(file, null, 2)}\n`);
  }
  say(`Event ${record.eventId}, drawn ${new Date(record.drawnAtMs).toISOString()}`);
  const ticket: DrawTicket | undefined =
    args.number === undefined
      ? undefined
      : {
          number: Number(args.number),
          receipt: args.receipt!.toLowerCase(),
          // A receipt can be made with one seed only, so it says as much as the promise.
          commitment: args.commitment?.toLowerCase() ?? record.commitment,
        };
  const place = args.place === undefined ? undefined : Number(args.place);
  try {
    const { checked } = verifyDraw(record, present, ticket && { ticket, place });
    for (const sentence of checked) say(`  ok  ${sentence}`);
  } catch (error) {
    if (!(error instanceof DrawMismatch)) throw error;
    throw new UserError(`  FAILED (${error.part})  ${error.message}\nThe draw does not hold.`);
  }
  say('The draw holds.');
  return 0;
});
