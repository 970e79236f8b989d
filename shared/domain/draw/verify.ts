/**
 * Checking a draw, by anybody and without asking the house again. Rule AD15.
 *
 * `verifyDraw` does all of it from the published record and the bitmap of those present. `verifyOwnPlace` does a
 * visitor's part from the record and two short proofs: what the visitor kept from before the opening decides, and
 * not what the house says now. Both throw DrawMismatch at the first part that does not follow from the others.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { DrawRecord, DrawTicket } from './draw.ts';
import { climb, LobbyTree, leafOf, NODE_BYTES, type TreeNode } from './lobby-tree.ts';
import { drawNumbers, orderKeyOf, shuffle } from './order.ts';
import { bitmapBytes, countBits, cutToLobby, hasBit } from './present-bits.ts';
import { commitmentOf, parseHex, RECEIPT_BYTES, receiptBytes, receiptOf, SEED_BYTES } from './receipt.ts';
import { finish } from './sliced.ts';

export type DrawPart =
  | 'lobby'
  | 'seed'
  | 'commitment'
  | 'receipt'
  | 'present'
  | 'root'
  | 'orderKey'
  | 'number'
  | 'proof'
  | 'place';

/** A part of a draw that is not what follows from the others. */
export class DrawMismatch extends Error {
  readonly part: DrawPart;
  constructor(part: DrawPart, sentence: string) {
    super(sentence);
    this.name = 'DrawMismatch';
    this.part = part;
  }
}

type Checks = { readonly checked: string[]; readonly seed: Uint8Array };

/** A lobby larger than this is none that this version can have made. */
const LOBBY_MAX = 2 ** 28;

/** What can be checked of the record by itself: the seed is the one committed to, and the key follows from it. */
function checkRecord(record: DrawRecord): Checks {
  const { firstNumber, lobbyCount, presentCount } = record;
  const isCount = (value: number, min: number) => Number.isSafeInteger(value) && value >= min;
  if (!isCount(firstNumber, 1) || !isCount(lobbyCount, 1) || !isCount(presentCount, 0)) {
    throw new DrawMismatch('lobby', 'The lobby has no sizes.');
  }
  if (firstNumber + lobbyCount > LOBBY_MAX || presentCount > lobbyCount) {
    throw new DrawMismatch('lobby', 'The sizes of the lobby are impossible.');
  }
  const seed = parseHex(record.seed, SEED_BYTES);
  if (seed === undefined) throw new DrawMismatch('seed', 'The seed is not 32 bytes of hex.');
  if (commitmentOf(seed) !== record.commitment) {
    throw new DrawMismatch('commitment', 'The seed is not the one that was committed to.');
  }
  const root = parseHex(record.root, 32);
  if (root === undefined) throw new DrawMismatch('root', 'The root is not 32 bytes of hex.');
  if (bytesToHex(orderKeyOf(seed, root)) !== record.orderKey) {
    throw new DrawMismatch('orderKey', 'The order key does not follow from seed and root.');
  }
  const checked = [
    'The seed is the one that was committed to.',
    'The order key follows from the seed and the root.',
  ];
  return { checked, seed };
}

function checkTicket(ticket: DrawTicket, record: DrawRecord, { seed, checked }: Checks): void {
  const { number, receipt, commitment } = ticket;
  const { firstNumber, lobbyCount } = record;
  if (!Number.isSafeInteger(number) || number < firstNumber || number >= firstNumber + lobbyCount) {
    throw new DrawMismatch('number', `Number ${number} was not in the lobby.`);
  }
  if (commitment !== record.commitment) {
    throw new DrawMismatch('commitment', 'The draw was made with another seed than was promised before it.');
  }
  if (parseHex(receipt, RECEIPT_BYTES) === undefined || receipt !== receiptOf(seed, record, number)) {
    throw new DrawMismatch('receipt', `The receipt is not that of number ${number}.`);
  }
  checked.push(`The receipt is that of number ${number}, under the promised seed.`);
}

function checkPlace(place: number, told: number | undefined, checked: string[]): void {
  if (told !== undefined && told !== place) {
    throw new DrawMismatch('place', `The place should be ${place}; the house says ${told}.`);
  }
  checked.push(`The draw made it place ${place}.`);
}

/**
 * Checks everything: commitment, every receipt, the list of those present, the root, the key and every place.
 *
 * @param present the bitmap as it is published.
 * @param own what a visitor kept, and the place's `number` as it was told after the draw.
 * @returns what was checked, and at `number - firstNumber` the place of each number.
 */
export function verifyDraw(
  record: DrawRecord,
  present: Uint8Array,
  own?: { readonly ticket: DrawTicket; readonly place?: number | undefined },
): { readonly checked: readonly string[]; readonly places: Uint32Array } {
  const checks = checkRecord(record);
  const { checked, seed } = checks;
  const { firstNumber, lobbyCount } = record;
  if (present.length !== bitmapBytes(record)) {
    throw new DrawMismatch('present', 'The list of those present has another length.');
  }
  if (countBits(cutToLobby(present, record)) !== countBits(present)) {
    throw new DrawMismatch('present', 'The list of those present has numbers that were not in the lobby.');
  }
  const presentCount = countBits(present);
  if (presentCount !== record.presentCount) {
    const sentence = `The list has ${presentCount} who were present; the record says ${record.presentCount}.`;
    throw new DrawMismatch('present', sentence);
  }
  checked.push(`${presentCount} of ${lobbyCount} in the lobby were present.`);
  const tree = new LobbyTree(seed, record, firstNumber);
  finish(tree.grow(lobbyCount));
  finish(tree.setPresent(present));
  if (bytesToHex(tree.root) !== record.root) {
    throw new DrawMismatch('root', 'The root does not follow from the seed and the list of those present.');
  }
  checked.push(`The root follows from ${lobbyCount} receipts and the list of those present.`);
  const places = finish(drawNumbers(parseHex(record.orderKey, 32)!, record, present));
  checked.push(`${presentCount} places follow from the order key.`);
  if (own !== undefined) {
    const { number } = own.ticket;
    checkTicket(own.ticket, record, checks);
    if (hasBit(present, number)) checkPlace(places[number - firstNumber]!, own.place, checked);
    else checked.push(`Number ${number} was not present and is passed over.`);
  }
  return { checked, places };
}

/** What a visitor asks for to check its own place: `GET /events/:id/draw/proof?number=`. */
export type OwnPlaceProof = {
  readonly isPresent: boolean;
  /** From the leaf of the join's number, as hex. */
  readonly proof: readonly string[];
  /** The number that the draw made of it, and the nodes beside that number's leaf. */
  readonly place: number;
  readonly placeProof: readonly string[];
};

/** Climbs from a leaf to the published root; how many of those present have lower numbers. */
function checkLeaf(number: number, leaf: TreeNode, proof: readonly string[], record: DrawRecord): number {
  const nodes = proof.map((hex) => parseHex(hex, NODE_BYTES) ?? new Uint8Array(0));
  const top = climb(leaf, number, record, nodes);
  if (top === undefined) throw new DrawMismatch('proof', 'The proof has not the right length.');
  if (bytesToHex(top.root) !== record.root) {
    throw new DrawMismatch('proof', `The root is not that of a list with number ${number} as it is told.`);
  }
  if (top.presentCount !== record.presentCount) {
    throw new DrawMismatch('present', `The root is of ${top.presentCount} who were present.`);
  }
  return top.index;
}

/**
 * Checks a visitor's own place: that its receipt and the commitment that it was shown belong to the published seed,
 * that it is in the list under its number, and that its place follows from the order key.
 *
 * @param told the place's `number` as the house tells it after the draw.
 * @returns what was checked; as which of those present it was drawn, 1 for the first, or null for one who was away.
 */
export function verifyOwnPlace(
  ticket: DrawTicket,
  record: DrawRecord,
  { isPresent, proof, place, placeProof }: OwnPlaceProof,
  told?: number,
): { readonly checked: readonly string[]; readonly drawnAs: number | null } {
  const checks = checkRecord(record);
  const { checked, seed } = checks;
  checkTicket(ticket, record, checks);
  const { number } = ticket;
  const leaf = (of: number) => leafOf(of, receiptBytes(seed, record, of));
  const index = checkLeaf(number, isPresent ? leaf(number) : leafOf(number, undefined), proof, record);
  if (!isPresent) {
    checked.push(`Number ${number} is in the list as not present, and is passed over.`);
    return { checked, drawnAs: null };
  }
  checked.push(`Number ${number} is in the list of those present.`);
  const rank = finish(shuffle(parseHex(record.orderKey, 32)!, record.presentCount))[index]!;
  checked.push(`It was drawn as number ${rank + 1} of ${record.presentCount}.`);
  // Those who were present change numbers among themselves: the lowest goes to the first drawn.
  if (checkLeaf(place, leaf(place), placeProof, record) !== rank) {
    throw new DrawMismatch('place', `Place ${place} is not the one that the draw gives to number ${number}.`);
  }
  checkPlace(place, told, checked);
  return { checked, drawnAs: rank + 1 };
}
