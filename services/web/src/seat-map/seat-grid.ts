/** A grid over the house: which seats are in a rectangle, which seat is nearest to a point. */

const CELL = 120;

export class SeatGrid {
  readonly #columns: number;
  readonly #rows: number;
  /** The seats of cell `c` are `#seats[#starts[c]]` to `#seats[#starts[c + 1] - 1]`. */
  readonly #starts: Uint32Array;
  readonly #seats: Uint32Array;
  readonly #x: Float32Array;
  readonly #y: Float32Array;

  /** Seats whose x is NaN are not drawn and not found. */
  constructor(x: Float32Array, y: Float32Array, width: number, height: number) {
    this.#x = x;
    this.#y = y;
    this.#columns = Math.max(1, Math.ceil(width / CELL));
    this.#rows = Math.max(1, Math.ceil(height / CELL));
    const counts = new Uint32Array(this.#columns * this.#rows + 1);
    for (let seat = 0; seat < x.length; seat++) {
      if (!Number.isNaN(x[seat]!)) counts[this.#cell(x[seat]!, y[seat]!) + 1]!++;
    }
    for (let cell = 1; cell < counts.length; cell++) counts[cell]! += counts[cell - 1]!;
    this.#starts = counts;
    const filled = counts.slice();
    this.#seats = new Uint32Array(counts.at(-1)!);
    for (let seat = 0; seat < x.length; seat++) {
      if (!Number.isNaN(x[seat]!)) this.#seats[filled[this.#cell(x[seat]!, y[seat]!)]!++] = seat;
    }
  }

  /** Visits the seats of all cells that touch the rectangle: a few outside it come along. */
  visit(left: number, top: number, right: number, bottom: number, visitor: (seat: number) => void): void {
    const firstColumn = this.#column(left);
    const lastColumn = this.#column(right);
    const lastRow = this.#row(bottom);
    for (let row = this.#row(top); row <= lastRow; row++) {
      const from = this.#starts[row * this.#columns + firstColumn]!;
      const end = this.#starts[row * this.#columns + lastColumn + 1]!;
      for (let at = from; at < end; at++) visitor(this.#seats[at]!);
    }
  }

  /** The seat nearest to a point, not further than `reach`; -1 where there is none. */
  nearest(x: number, y: number, reach: number, accepts: (seat: number) => boolean = () => true): number {
    let best = -1;
    let bestSquare = reach * reach;
    this.visit(x - reach, y - reach, x + reach, y + reach, (seat) => {
      const square = (this.#x[seat]! - x) ** 2 + (this.#y[seat]! - y) ** 2;
      if (square <= bestSquare && accepts(seat)) {
        best = seat;
        bestSquare = square;
      }
    });
    return best;
  }

  #cell(x: number, y: number): number {
    return this.#row(y) * this.#columns + this.#column(x);
  }

  #column(x: number): number {
    return Math.max(0, Math.min(this.#columns - 1, Math.floor(x / CELL)));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor(y / CELL)));
  }
}
