/** A draw as it is published, and how it comes about. Rules AD13 to AD18. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { LobbyTree } from './lobby-tree.ts';
import { orderKeyOf } from './order.ts';
import { countBits, type LobbyRange } from './present-bits.ts';
import type { DrawnLine } from './receipt.ts';
import { finish, type Sliced } from './sliced.ts';

/** Everything that a draw follows from, and what followed. Hashes are lower-case hex. */
export type DrawRecord = DrawnLine &
  LobbyRange & {
    readonly commitment: string;
    readonly seed: string;
    readonly presentCount: number;
    readonly root: string;
    readonly orderKey: string;
    readonly drawnAtMs: number;
  };

/** What a visitor of the lobby is given, to be held against the draw. */
export type DrawTicket = {
  /** The number of the join; the draw gives the place another one. */
  readonly number: number;
  readonly receipt: string;
  readonly commitment: string;
};

export type DrawOutcome = Pick<DrawRecord, 'presentCount' | 'root' | 'orderKey'>;

/**
 * Root and key of a lobby. The tree is made to say what `present` says; one that was grown before saves time.
 *
 * @param present has no bits outside the lobby: `cutToLobby`.
 */
export function* decideDraw(
  seed: Uint8Array,
  tree: LobbyTree,
  lobbyCount: number,
  present: Uint8Array,
): Sliced<DrawOutcome> {
  yield* tree.grow(lobbyCount);
  yield* tree.setPresent(present);
  const { root } = tree;
  return {
    presentCount: countBits(present),
    root: bytesToHex(root),
    orderKey: bytesToHex(orderKeyOf(seed, root)),
  };
}

/** A whole draw in one go, for tests and small lobbies. */
export function drawLobby(
  seed: Uint8Array,
  line: DrawnLine,
  { firstNumber, lobbyCount }: LobbyRange,
  present: Uint8Array,
): DrawOutcome {
  return finish(decideDraw(seed, new LobbyTree(seed, line, firstNumber), lobbyCount, present));
}

/** Numbers as Redis keeps them: four bytes each, high one first. */
export function packNumbers(numbers: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  const words = new DataView(bytes.buffer);
  for (let at = 0; at < numbers.length; at++) words.setUint32(at * 4, numbers[at]!);
  return bytes;
}
