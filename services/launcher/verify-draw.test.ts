import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DrawRecord, drawLobby } from '../../shared/domain/draw/draw.ts';
import { drawNumbers } from '../../shared/domain/draw/order.ts';
import { bitmapBytes, setBit } from '../../shared/domain/draw/present-bits.ts';
import { commitmentOf, parseHex, receiptOf } from '../../shared/domain/draw/receipt.ts';
import { finish } from '../../shared/domain/draw/sliced.ts';

const SCRIPT = new URL('./verify-draw.ts', import.meta.url).pathname;
const LINE = { eventId: 7, lineEpoch: 1_760_000_000_000 };
const RANGE = { firstNumber: 1, lobbyCount: 30 };
const seed = new Uint8Array(createHash('sha256').update('a seed').digest());
const present = new Uint8Array(bitmapBytes(RANGE));
for (let number = 1; number <= 30; number++) if (number % 4 !== 0) setBit(present, number);
const record: DrawRecord = {
  ...LINE,
  ...RANGE,
  ...drawLobby(seed, LINE, RANGE, present),
  commitment: commitmentOf(seed),
  seed: Buffer.from(seed).toString('hex'),
  drawnAtMs: 1_760_000_000_500,
};
const places = finish(drawNumbers(parseHex(record.orderKey, 32)!, record, present));
const OWN = ['--number', '5', '--receipt', receiptOf(seed, LINE, 5)];

let house: Server;
let url: string;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(process.env.USHER_TEST_DIR ?? tmpdir(), 'verify-'));
  const answers: Record<string, () => string | Buffer> = {
    '/events/7/draw': () =>
      JSON.stringify({ state: 'drawn', ...record, presentUrl: '/events/7/draw/present?line=1' }),
    '/events/7/draw/present?line=1': () => Buffer.from(present),
    '/events/8/draw': () => JSON.stringify({ state: 'committed', eventId: 8, commitment: record.commitment }),
  };
  house = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer ? 200 : 404).end(answer?.() ?? '');
  }).listen(0, '127.0.0.1');
  await once(house, 'listening');
  url = `http://127.0.0.1:${(house.address() as AddressInfo).port}`;
});

afterAll(() => {
  house.close();
  rmSync(dir, { recursive: true, force: true });
});

async function verify(...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [code] = await once(child, 'close');
  return { code, said };
}

/** A file as --save writes it, with something changed. */
function saved(change: object): string {
  const file = join(dir, 'draw.json');
  const whole = { ...record, present: Buffer.from(present).toString('base64'), ...change };
  writeFileSync(file, JSON.stringify(whole));
  return file;
}

describe('npm run verify-draw', () => {
  it('AD15 checks a draw at its address, saves it, and checks it again from the file alone', async () => {
    const file = join(dir, 'saved.json');
    const online = await verify(`${url}/events/7`, ...OWN, '--place', String(places[4]), '--save', file);
    expect(online.said).toContain('The draw holds.');
    expect(online.said).toContain(`The draw made it place ${places[4]}.`);
    expect(online.code).toBe(0);
    const offline = await verify(file, ...OWN);
    expect([offline.code, offline.said.match(/ {2}ok {2}/g)?.length]).toEqual([0, 7]);
  });

  it.each([
    ['seed', 'commitment', () => ({ seed: record.seed.replace(/^./, (c) => (c === '0' ? '1' : '0')) }), []],
    ['root', 'orderKey', () => ({ root: record.root.replace(/.$/, (c) => (c === '0' ? '1' : '0')) }), []],
    ['order key', 'orderKey', () => ({ orderKey: '0'.repeat(64) }), []],
    [
      'list of those present',
      'root',
      () => {
        const other = present.slice();
        other[0]! ^= 0b0000_1100;
        return { present: Buffer.from(other).toString('base64') };
      },
      [],
    ],
    ['place', 'place', () => ({}), [...OWN, '--place', '31']],
    ['number', 'receipt', () => ({}), ['--number', '6', ...OWN.slice(2)]],
    ['promise', 'commitment', () => ({}), [...OWN, '--commitment', '0'.repeat(64)]],
  ] as const)('AD15 fails loudly where the %s is another', async (_what, part, change, args) => {
    const { code, said } = await verify(saved(change()), ...args);
    expect(said).toContain(`FAILED (${part})`);
    expect(said).toContain('The draw does not hold.');
    expect(code).toBe(1);
  });

  it('says what is wrong with the question', async () => {
    const [early, none, which, what] = await Promise.all([
      verify(url, '--event', '8'),
      verify(url, '--event', '9'),
      verify(url),
      verify('nothing.json'),
    ]);
    expect(early.said).toContain(record.commitment);
    expect(none.said).toContain('404');
    expect(which.said).toContain('--event');
    expect(what.said).toContain('no file');
    for (const { code } of [early, none, which, what]) expect(code).toBe(1);
  });
});
