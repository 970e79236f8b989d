/** Rows are never I or O: printed on a ticket they are read as 1 and 0. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** `A` to `Z`, then `AA`, `AB` and so on. */
export function rowLetters(row: number): string {
  const last = LETTERS[row % LETTERS.length]!;
  return row < LETTERS.length ? last : rowLetters(Math.floor(row / LETTERS.length) - 1) + last;
}

/** `1`, `2` and so on. */
export function rowNumber(row: number): string {
  return String(row + 1);
}
