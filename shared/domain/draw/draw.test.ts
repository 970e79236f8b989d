import { createHash, createHmac } from 'node:crypto';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { type DrawRecord, type DrawTicket, decideDraw, drawLobby, packNumbers } from './draw.ts';
import { climb, LobbyTree, leafOf } from './lobby-tree.ts';
import { drawNumbers, shuffle } from './order.ts';
import { bitmapBytes, countBits, cutToLobby, hasBit, setBit } from './present-bits.ts';
import { commitmentOf, receiptBytes, receiptOf } from './receipt.ts';
import { finish } from './sliced.ts';
import { DrawMismatch, type DrawPart, type OwnPlaceProof, verifyDraw, verifyOwnPlace } from './verify.ts';

const LINE = { eventId: 7, lineEpoch: 1_760_000_000_000 };
const seedOf = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const SEED = seedOf('seed');

/** A bitmap of those numbers for which the test holds. */
function presentWhere(firstNumber: number, lobbyCount: number, test: (number: number) => boolean) {
  const bits = new Uint8Array(bitmapBytes({ firstNumber, lobbyCount }));
  for (let n = firstNumber; n < firstNumber + lobbyCount; n++) if (test(n)) setBit(bits, n);
  return bits;
}

/** A draw as it would be published. */
function drawn(lobbyCount: number, test: (number: number) => boolean, firstNumber = 1, seed = SEED) {
  const present = presentWhere(firstNumber, lobbyCount, test);
  const tree = new LobbyTree(seed, LINE, firstNumber);
  const outcome = finish(decideDraw(seed, tree, lobbyCount, present));
  const record: DrawRecord = {
    ...LINE,
    firstNumber,
    lobbyCount,
    ...outcome,
    commitment: commitmentOf(seed),
    seed: bytesToHex(seed),
    drawnAtMs: 1,
  };
  const key = new Uint8Array(Buffer.from(record.orderKey, 'hex'));
  const places = finish(drawNumbers(key, record, present));
  const ticket = (number: number): DrawTicket => ({
    number,
    receipt: receiptOf(seed, LINE, number),
    commitment: record.commitment,
  });
  const hex = (number: number) => tree.proof(number).map(bytesToHex);
  const proof = (number: number): OwnPlaceProof => {
    const place = places[number - firstNumber]!;
    return {
      isPresent: hasBit(present, number),
      proof: hex(number),
      place,
      placeProof: hex(place),
    };
  };
  return { present, tree, record, places, ticket, proof };
}

describe('seed and receipts', () => {
  it('AD14 the commitment is SHA-256 of the seed, a receipt its HMAC over event, line and number', () => {
    expect(commitmentOf(SEED)).toBe(createHash('sha256').update(SEED).digest('hex'));
    const mac = createHmac('sha256', SEED).update(`receipt:7:${LINE.lineEpoch}:42`).digest('hex');
    expect(receiptOf(SEED, LINE, 42)).toBe(mac.slice(0, 32));
  });

  it('AD14 another number, line, event or seed has another receipt', () => {
    const receipts = [
      receiptOf(SEED, LINE, 1),
      receiptOf(SEED, LINE, 2),
      receiptOf(SEED, { ...LINE, lineEpoch: 5 }, 1),
      receiptOf(SEED, { ...LINE, eventId: 8 }, 1),
      receiptOf(seedOf('another'), LINE, 1),
    ];
    expect(new Set(receipts).size).toBe(receipts.length);
  });
});

describe('the order', () => {
  it('AD13 is a permutation for every size of lobby', () => {
    const sizes = [...Array(70).keys(), 127, 128, 129, 255, 256, 257, 1_023, 1_025, 4_096, 65_537, 100_000];
    for (const size of sizes) {
      const ranks = finish(shuffle(seedOf(`size ${size}`), size));
      expect(Uint32Array.from(ranks).sort()).toEqual(Uint32Array.from(ranks.keys()));
    }
  });

  it('AD15 is what a second author makes of its description', () => {
    const key = seedOf('key');
    const words: number[] = [];
    for (let block = 0; block < 20; block++) {
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(block);
      const hash = createHash('sha256').update(key).update(counter).digest();
      for (let at = 0; at < 32; at += 4) words.push(hash.readUInt32BE(at));
    }
    const expected = Array.from({ length: 100 }, (_, at) => at);
    for (let at = 99; at > 0; at--) {
      let word = words.shift()!;
      while (word >= Math.floor(2 ** 32 / (at + 1)) * (at + 1)) word = words.shift()!;
      const other = word % (at + 1);
      [expected[at], expected[other]] = [expected[other]!, expected[at]!];
    }
    expect([...finish(shuffle(key, 100))]).toEqual(expected);
  });

  /** Chi-square over these counts, as standard deviations from what chance gives. */
  function deviations(counts: Iterable<number>, cells: number, total: number): number {
    const expected = total / cells;
    let sum = 0;
    let seen = 0;
    for (const count of counts) {
      sum += (count - expected) ** 2 / expected;
      seen++;
    }
    sum += (cells - seen) * expected;
    return (sum - (cells - 1)) / Math.sqrt(2 * (cells - 1));
  }

  it.each([2, 3, 4, 5])('AD13 of %i visitors, every order is as likely as any other', (count) => {
    const orders = [1, 1, 2, 6, 24, 120][count]!;
    const runs = orders * 150;
    const counts = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      const order = finish(shuffle(seedOf(`${count} ${run}`), count)).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(orders);
    expect(Math.abs(deviations(counts.values(), orders, runs))).toBeLessThan(4);
  });

  it('AD13 the first to come, the last, and friends side by side are called as early as anybody', () => {
    const [count, runs] = [50, 6_000];
    const [first, last] = [new Array(count).fill(0), new Array(count).fill(0)];
    const between = new Array(count - 1).fill(0);
    for (let run = 0; run < runs; run++) {
      const ranks = finish(shuffle(seedOf(`fair ${run}`), count));
      first[ranks[0]!]++;
      last[ranks[count - 1]!]++;
      between[(ranks[1]! - ranks[0]! - 1 + count) % count]++;
    }
    for (const counts of [first, last, between]) {
      expect(Math.abs(deviations(counts, counts.length, runs))).toBeLessThan(4);
    }
  });

  it('AD17 those who were present change numbers among themselves, all others keep theirs', () => {
    const { places, present } = drawn(500, (n) => n % 3 !== 0, 11);
    const numbers = Array.from(places, (_, at) => at + 11);
    expect([...places].sort((a, b) => a - b)).toEqual(numbers);
    for (const number of numbers) {
      if (hasBit(present, number)) expect(hasBit(present, places[number - 11]!)).toBe(true);
      else expect(places[number - 11]).toBe(number);
    }
    expect(numbers.filter((number) => places[number - 11] === number).length).toBeLessThan(180);
  });

  it('numbers are packed as Redis reads them', () => {
    expect([...packNumbers(Uint32Array.of(1, 70_000))]).toEqual([0, 0, 0, 1, 0, 1, 17, 112]);
  });
});

describe('the tree', () => {
  it('AD15 is what a second author makes of its description', () => {
    const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const u32 = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    };
    for (const count of [1, 2, 3, 5, 8, 13]) {
      let level = Array.from({ length: count }, (_, at) => {
        const isPresent = at % 4 !== 1;
        const receipt = isPresent ? receiptBytes(SEED, LINE, at + 1) : new Uint8Array();
        return { count: isPresent ? 1 : 0, hash: sha(Buffer.of(0), u32(at + 1), receipt) };
      });
      while (level.length > 1) {
        const above: typeof level = [];
        for (let at = 0; at < level.length; at += 2) {
          const [left, right] = [level[at]!, level[at + 1]];
          const hash = right && sha(Buffer.of(1), u32(left.count), left.hash, u32(right.count), right.hash);
          above.push(right ? { count: left.count + right.count, hash: hash! } : left);
        }
        level = above;
      }
      const { record } = drawn(count, (n) => (n - 1) % 4 !== 1);
      const [top] = level;
      const root = sha(Buffer.of(2), u32(1), u32(count), u32(top!.count), top!.hash);
      expect(record.root).toBe(root.toString('hex'));
    }
  });

  it('AD15 however it grew, it is the same tree', () => {
    const random = seedOf('growth');
    for (const [at, count] of [1, 2, 3, 63, 64, 65, 300, 1_000, 1_025].entries()) {
      const test = (n: number) => (random[n % 32]! & 3) !== at % 4;
      const { record } = drawn(count, test);
      const tree = new LobbyTree(SEED, LINE, 1);
      // Now and then with a list of those present that is not the last.
      for (let size = 0; size < count; size = Math.min(count, size + 1 + (random[size % 32]! % 97))) {
        finish(tree.grow(size));
        if (size % 5 === 0) finish(tree.setPresent(presentWhere(1, count, (n) => n % 7 === 0)));
      }
      const outcome = finish(decideDraw(SEED, tree, count, presentWhere(1, count, test)));
      expect(outcome.root).toBe(record.root);
      expect(outcome).toEqual(
        drawLobby(SEED, LINE, { firstNumber: 1, lobbyCount: count }, presentWhere(1, count, test)),
      );
    }
  });

  it('AD15 a proof leads from every leaf to the root, and from no other', () => {
    for (const count of [1, 2, 3, 6, 7, 33]) {
      const { tree, present } = drawn(count, (n) => n % 3 !== 0, 5);
      const range = { firstNumber: 5, lobbyCount: count };
      for (let number = 5; number < 5 + count; number++) {
        const receipt = hasBit(present, number) ? receiptBytes(SEED, LINE, number) : undefined;
        const top = climb(leafOf(number, receipt), number, range, tree.proof(number));
        expect(bytesToHex(top!.root)).toBe(bytesToHex(tree.root));
        expect(top!.presentCount).toBe(countBits(present));
        expect(top!.index).toBe(countBits(presentWhere(5, number - 5, (n) => n % 3 !== 0)));
        const wrong = climb(leafOf(number, new Uint8Array(16)), number, range, tree.proof(number));
        expect(bytesToHex(wrong!.root)).not.toBe(bytesToHex(tree.root));
        expect(
          climb(leafOf(number, receipt), number, range, [...tree.proof(number), leafOf(1, undefined)]),
        ).toBeUndefined();
      }
    }
  });

  it('a bitmap is cut to the lobby', () => {
    const bits = new Uint8Array(8).fill(255);
    const cut = cutToLobby(bits, { firstNumber: 11, lobbyCount: 10 });
    expect(cut.length).toBe(3);
    expect(countBits(cut)).toBe(10);
    expect(countBits(cutToLobby(new Uint8Array(0), { firstNumber: 1, lobbyCount: 100 }))).toBe(0);
  });
});

describe('checking a draw', () => {
  const whole = drawn(200, (n) => n % 5 !== 0, 4);
  const { record, present, ticket, proof, places } = whole;
  const PRESENT = 42;
  const ABSENT = 45;
  const flip = (hex: string, at: number) =>
    hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1);

  /** The part at which a check fails. */
  function failure(check: () => unknown): DrawPart | 'none' {
    try {
      check();
      return 'none';
    } catch (error) {
      if (error instanceof DrawMismatch) return error.part;
      throw error;
    }
  }

  it('AD15 a draw that was not touched holds, for everybody', () => {
    expect(verifyDraw(record, present).places).toEqual(places);
    for (let number = 4; number < 204; number++) {
      const place = places[number - 4]!;
      expect(verifyDraw(record, present, { ticket: ticket(number), place }).checked.length).toBeGreaterThan(
        5,
      );
      const { drawnAs } = verifyOwnPlace(ticket(number), record, proof(number), place);
      const before = hasBit(present, number)
        ? countBits(presentWhere(4, place - 4, (n) => n % 5 !== 0))
        : null;
      expect(drawnAs).toBe(before === null ? null : before + 1);
    }
  });

  it.each<[string, DrawPart, Partial<DrawRecord>]>([
    ['the seed', 'commitment', { seed: flip(record.seed, 9) }],
    [
      'seed and commitment',
      'orderKey',
      (() => {
        const seed = seedOf('chosen later');
        return { seed: bytesToHex(seed), commitment: commitmentOf(seed) };
      })(),
    ],
    ['the commitment', 'commitment', { commitment: flip(record.commitment, 0) }],
    ['the root', 'orderKey', { root: flip(record.root, 63) }],
    ['the order key', 'orderKey', { orderKey: flip(record.orderKey, 5) }],
    ['the line', 'root', { lineEpoch: 5 }],
    ['the event', 'root', { eventId: 8 }],
    ['the first number', 'present', { firstNumber: 3 }],
    ['the size of the lobby', 'present', { lobbyCount: 199 }],
    ['how many were present', 'present', { presentCount: 1 }],
    ['sizes that are none', 'lobby', { lobbyCount: Number.NaN }],
  ])('AD15 it fails where %s was changed', (_what, part, change) => {
    const changed = { ...record, ...change };
    expect(failure(() => verifyDraw(changed, present))).toBe(part);
    // A visitor's own check fails as well, at whichever part it comes to first.
    expect(failure(() => verifyOwnPlace(ticket(PRESENT), changed, proof(PRESENT)))).not.toBe('none');
  });

  it('AD15 a seed of the house’s later choice fails for whoever kept a receipt, however consistent the rest is', () => {
    const other = drawn(200, (n) => n % 5 !== 0, 4, seedOf('chosen later'));
    expect(failure(() => verifyDraw(other.record, other.present))).toBe('none');
    const own = { ticket: ticket(PRESENT) };
    expect(failure(() => verifyDraw(other.record, other.present, own))).toBe('commitment');
    expect(failure(() => verifyOwnPlace(ticket(PRESENT), other.record, other.proof(PRESENT)))).toBe(
      'commitment',
    );
  });

  it('AD15 it fails for every bit of the list that is changed', () => {
    for (let number = 0; number < present.length * 8; number++) {
      const changed = present.slice();
      changed[number >> 3]! ^= 0x80 >> (number & 7);
      expect(
        failure(() => verifyDraw(record, changed)),
        `bit ${number}`,
      ).toBe('present');
    }
    // One for another: the count is right, the root is not.
    const moved = present.slice();
    moved[PRESENT >> 3]! ^= 0x80 >> (PRESENT & 7);
    moved[ABSENT >> 3]! ^= 0x80 >> (ABSENT & 7);
    expect(failure(() => verifyDraw(record, moved))).toBe('root');
    const recounted = { ...record, presentCount: record.presentCount - 1 };
    const without = present.slice();
    without[PRESENT >> 3]! ^= 0x80 >> (PRESENT & 7);
    expect(failure(() => verifyDraw(recounted, without))).toBe('root');
  });

  it('AD15 another number, receipt or place fails', () => {
    const own = ticket(PRESENT);
    const place = places[PRESENT - 4]!;
    const cases: [DrawPart, DrawTicket, number][] = [
      ['place', own, place + 1],
      ['receipt', { ...own, number: PRESENT + 1 }, place],
      ['number', { ...own, number: 204 }, place],
      ['number', { ...own, number: 1.5 }, place],
      ['receipt', { ...own, receipt: flip(own.receipt, 3) }, place],
      ['receipt', { ...own, receipt: '' }, place],
    ];
    for (const [part, kept, told] of cases) {
      expect(failure(() => verifyDraw(record, present, { ticket: kept, place: told }))).toBe(part);
      expect(failure(() => verifyOwnPlace(kept, record, proof(PRESENT), told))).toBe(part);
    }
  });

  it('AD15 a proof of another, a changed one, or the wrong answer to who was there fails', () => {
    const good = proof(PRESENT);
    const other = proof(PRESENT + 1);
    const cases: [DrawPart, OwnPlaceProof][] = [
      ['proof', { ...good, proof: other.proof }],
      ['proof', { ...good, proof: good.proof.map((node, at) => (at === 2 ? flip(node, 20) : node)) }],
      ['proof', { ...good, proof: good.proof.map((node, at) => (at === 2 ? flip(node, 7) : node)) }],
      ['proof', { ...good, proof: good.proof.slice(1) }],
      ['proof', { ...good, proof: ['zz'] }],
      ['proof', { ...good, isPresent: false }],
      ['proof', { ...proof(ABSENT), isPresent: true }],
      ['proof', { ...good, placeProof: other.placeProof }],
      ['place', { ...good, place: other.place, placeProof: other.placeProof }],
    ];
    for (const [part, changed] of cases) {
      const kept = changed.proof === proof(ABSENT).proof ? ticket(ABSENT) : ticket(PRESENT);
      expect(failure(() => verifyOwnPlace(kept, record, changed))).toBe(part);
    }
  });
});
