/**
 * Who was present when the lobby closed: one bit a number, in the order in which Redis keeps bits, so that the
 * bitmap goes from there to the archive and to whoever checks without being touched: number n is bit 7 - n % 8 of
 * byte n >> 3.
 */

/** A stretch of numbers: the lobby's. */
export type LobbyRange = {
  /** The first number given in the lobby; 1, unless the line was open before. */
  readonly firstNumber: number;
  readonly lobbyCount: number;
};

/** Whether a number's bit is set; what lies behind the end is not. */
export function hasBit(bits: Uint8Array, number: number): boolean {
  return ((bits[number >> 3] ?? 0) & (0x80 >> (number & 7))) !== 0;
}

export function setBit(bits: Uint8Array, number: number): void {
  bits[number >> 3]! |= 0x80 >> (number & 7);
}

/** Bytes that numbers up to the lobby's last one take. */
export function bitmapBytes({ firstNumber, lobbyCount }: LobbyRange): number {
  return ((firstNumber + lobbyCount - 1) >> 3) + 1;
}

/** A bitmap that says nothing about numbers outside the lobby, and is as long as it has to be. */
export function cutToLobby(bits: Uint8Array, range: LobbyRange): Uint8Array {
  const { firstNumber, lobbyCount } = range;
  const cut = new Uint8Array(bitmapBytes(range));
  cut.set(bits.subarray(0, cut.length));
  cut.fill(0, 0, firstNumber >> 3);
  cut[firstNumber >> 3]! &= 0xff >> (firstNumber & 7);
  cut[cut.length - 1]! &= 0xff << (7 - ((firstNumber + lobbyCount - 1) & 7));
  return cut;
}

/** How many bits are set. */
export function countBits(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) {
    for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  }
  return count;
}
