/**
 * The hash tree over everybody in the lobby: rule AD15. Its root is one number that stands for the whole list; a
 * visitor needs some twenty hashes to see that it is in it, and as which of those who were present.
 *
 * There is a leaf for each number, in order: SHA-256(0 || number || receipt) for whoever was present when the lobby
 * closed, SHA-256(0 || number) for whoever had left or was away, so that both can be proved. A node is
 * SHA-256(1 || left count || left || right count || right), the counts being of those present below; a last node
 * without a partner moves up as it is, as in RFC 6962. The root is SHA-256(2 || first number || how many numbers ||
 * how many present || top hash). Numbers and counts are four bytes, high one first.
 *
 * Leaves do not depend on each other, so that the tree grows while the lobby does, everybody taken for present, and
 * at the opening only the paths of those who are not there are computed again.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hasBit, type LobbyRange } from './present-bits.ts';
import { type DrawnLine, RECEIPT_BYTES, receiptBytes } from './receipt.ts';
import type { Sliced } from './sliced.ts';

const HASH_BYTES = 32;
/** A count and a hash: what a level keeps of each node, and what a proof is made of. */
export const NODE_BYTES = 4 + HASH_BYTES;
/** Hashes made before others get their turn: about half a millisecond. */
const SLICE = 256;
/** Leaves looked at before others get their turn. */
const LOOKED_AT = 16_384;

/** A count and a hash as one piece. */
export type TreeNode = Uint8Array;

/** The count of the node that begins there; spelled out, since it is read a million times at an opening. */
const countAt = (nodes: Uint8Array, at: number): number =>
  ((nodes[at]! << 24) | (nodes[at + 1]! << 16) | (nodes[at + 2]! << 8) | nodes[at + 3]!) >>> 0;

function writeNode(nodes: Uint8Array, at: number, count: number, hash: Uint8Array): void {
  nodes[at] = count >>> 24;
  nodes[at + 1] = count >>> 16;
  nodes[at + 2] = count >>> 8;
  nodes[at + 3] = count;
  nodes.set(hash, at + 4);
}

function nodeOf(count: number, hash: Uint8Array): TreeNode {
  const node = new Uint8Array(NODE_BYTES);
  writeNode(node, 0, count, hash);
  return node;
}

/** The leaf of a number; without a receipt, that of one who was not there. */
export function leafOf(number: number, receipt: Uint8Array | undefined): TreeNode {
  const bytes = new Uint8Array(5 + (receipt === undefined ? 0 : RECEIPT_BYTES));
  new DataView(bytes.buffer).setUint32(1, number);
  if (receipt !== undefined) bytes.set(receipt, 5);
  return nodeOf(receipt === undefined ? 0 : 1, sha256(bytes));
}

const pair = new Uint8Array(1 + 2 * NODE_BYTES);
pair[0] = 1;

function parentOf(left: TreeNode, right: TreeNode): TreeNode {
  pair.set(left, 1);
  pair.set(right, 1 + NODE_BYTES);
  return nodeOf(countAt(left, 0) + countAt(right, 0), sha256(pair));
}

function rootOf({ firstNumber, lobbyCount }: LobbyRange, top: TreeNode): Uint8Array {
  const bytes = new Uint8Array(9 + NODE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = 2;
  view.setUint32(1, firstNumber);
  view.setUint32(5, lobbyCount);
  bytes.set(top, 9);
  return sha256(bytes);
}

export class LobbyTree {
  readonly #seed: Uint8Array;
  readonly #line: DrawnLine;
  readonly firstNumber: number;
  #count = 0;
  /** `#levels[0]` are the leaves; each level has room for more than it holds. */
  readonly #levels: Uint8Array[] = [];

  constructor(seed: Uint8Array, line: DrawnLine, firstNumber: number) {
    this.#seed = seed;
    this.#line = line;
    this.firstNumber = firstNumber;
  }

  /** How many numbers there are in it. */
  get count(): number {
    return this.#count;
  }

  /** Adds leaves until there are `count`, those of visitors who are there. */
  *grow(count: number): Sliced<void> {
    while (this.#count < count) {
      const from = this.#count;
      const to = Math.min(count, from + SLICE);
      this.#makeRoom(to);
      const changed = new Uint32Array(to - from);
      for (let at = from; at < to; at++) {
        this.#setLeaf(at, true);
        changed[at - from] = at;
      }
      this.#count = to;
      yield* this.#rebuild(changed);
      yield;
    }
  }

  /** Makes the leaves say what the bitmap says. */
  *setPresent(bits: Uint8Array): Sliced<void> {
    const changed: number[] = [];
    const leaves = this.#levels[0]!;
    for (let at = 0; at < this.#count; at++) {
      const isPresent = hasBit(bits, this.firstNumber + at);
      if ((countAt(leaves, at * NODE_BYTES) === 1) === isPresent) {
        if (at % LOOKED_AT === 0) yield;
        continue;
      }
      this.#setLeaf(at, isPresent);
      changed.push(at);
      if (changed.length % SLICE === 0) yield;
    }
    yield* this.#rebuild(Uint32Array.from(changed));
  }

  /** The root over all leaves. There is none before the first. */
  get root(): Uint8Array {
    const range = { firstNumber: this.firstNumber, lobbyCount: this.#count };
    return rootOf(range, this.#node(depthOf(this.#count), 0));
  }

  /** The nodes beside the path from a number's leaf to the root, from below. */
  proof(number: number): TreeNode[] {
    const proof: TreeNode[] = [];
    let at = number - this.firstNumber;
    for (let level = 0, size = this.#count; size > 1; level++, size = (size + 1) >> 1, at >>= 1) {
      const sibling = at ^ 1;
      if (sibling < size) proof.push(this.#node(level, sibling).slice());
    }
    return proof;
  }

  #node(level: number, at: number): TreeNode {
    return this.#levels[level]!.subarray(at * NODE_BYTES, (at + 1) * NODE_BYTES);
  }

  #setLeaf(at: number, isPresent: boolean): void {
    const number = this.firstNumber + at;
    const receipt = isPresent ? receiptBytes(this.#seed, this.#line, number) : undefined;
    this.#levels[0]!.set(leafOf(number, receipt), at * NODE_BYTES);
  }

  #makeRoom(count: number): void {
    for (let level = 0, size = count; ; level++, size = (size + 1) >> 1) {
      this.#levels[level] = withRoom(this.#levels[level], size * NODE_BYTES);
      if (size === 1) return;
    }
  }

  /** Computes every node above these leaves again. */
  *#rebuild(leaves: Uint32Array): Sliced<void> {
    let changed = leaves;
    let made = 0;
    for (let level = 0, size = this.#count; size > 1; level++, size = (size + 1) >> 1) {
      const above = new Uint32Array(changed.length);
      const [from, to] = [this.#levels[level]!, this.#levels[level + 1]!];
      let count = 0;
      for (const at of changed) {
        const parent = at >> 1;
        if (count > 0 && above[count - 1] === parent) continue;
        above[count++] = parent;
        const left = parent * 2 * NODE_BYTES;
        if (parent * 2 + 1 >= size) {
          to.set(from.subarray(left, left + NODE_BYTES), parent * NODE_BYTES);
        } else {
          pair.set(from.subarray(left, left + 2 * NODE_BYTES), 1);
          const present = countAt(from, left) + countAt(from, left + NODE_BYTES);
          writeNode(to, parent * NODE_BYTES, present, sha256(pair));
        }
        if (++made % SLICE === 0) yield;
      }
      changed = above.subarray(0, count);
    }
  }
}

function withRoom(bytes: Uint8Array | undefined, size: number): Uint8Array {
  if (bytes !== undefined && bytes.length >= size) return bytes;
  const larger = new Uint8Array(Math.max(size, 2 * (bytes?.length ?? 0), 1_024));
  if (bytes !== undefined) larger.set(bytes);
  return larger;
}

/** Levels above the leaves. */
function depthOf(count: number): number {
  let depth = 0;
  for (let size = count; size > 1; size = (size + 1) >> 1) depth++;
  return depth;
}

/**
 * What a leaf and the nodes beside its path come to: the root, how many were present in all, and how many of them
 * have lower numbers. Undefined where the proof has not as many nodes as the lobby's size asks for.
 */
export function climb(
  leaf: TreeNode,
  number: number,
  range: LobbyRange,
  proof: readonly TreeNode[],
): { readonly root: Uint8Array; readonly presentCount: number; readonly index: number } | undefined {
  const { firstNumber, lobbyCount } = range;
  let at = number - firstNumber;
  if (at < 0 || at >= lobbyCount) return undefined;
  let node = leaf;
  let index = 0;
  let used = 0;
  for (let size = lobbyCount; size > 1; size = (size + 1) >> 1, at >>= 1) {
    if ((at ^ 1) >= size) continue;
    const sibling = proof[used++];
    if (sibling?.length !== NODE_BYTES) return undefined;
    if (at % 2 === 1) index += countAt(sibling, 0);
    node = at % 2 === 0 ? parentOf(node, sibling) : parentOf(sibling, node);
  }
  if (used !== proof.length) return undefined;
  return { root: rootOf(range, node), presentCount: countAt(node, 0), index };
}
