/**
 * The lines that rows of a bowl follow: a rectangle with round corners, and every line at a fixed distance
 * outside it. Straight pieces keep their length from row to row and corners grow, as in a real arena.
 *
 * The lap starts in the middle of the top edge (behind the stage) and goes down the left side. Seen by
 * somebody who sits there and looks inwards, that is from left to right everywhere.
 */

import type { Point } from '../../domain/plan.ts';

/** A place on the lap that is the same on every line: piece number and share of it, `2.5` = middle of 2. */
export type Mark = number;

/** The line at one distance outside the rectangle. Lengths in drawing units. */
export type Line = {
  readonly length: number;
  /** Distance along the line to a mark. */
  readonly alongOf: (mark: Mark) => number;
  /** The mark at a distance along the line. */
  readonly markAt: (along: number) => Mark;
  readonly pointAt: (along: number) => Point;
};

export type Ring = { readonly lineAt: (offset: number) => Line };

/** All lengths in drawing units; the middle of the rectangle is 0, 0. */
export function ring(halfWidth: number, halfLength: number, cornerRadius: number): Ring {
  const x = halfWidth - cornerRadius;
  const y = halfLength - cornerRadius;
  const straight = (length: number, from: Point, way: Point, out: Point) => ({
    length: () => length,
    point: (offset: number, share: number): Point => [
      from[0] + way[0] * share * length + out[0] * (cornerRadius + offset),
      from[1] + way[1] * share * length + out[1] * (cornerRadius + offset),
    ],
  });
  /** A quarter turn around `centre`, from the direction `start` to the direction `end`. */
  const corner = (centre: Point, start: Point, end: Point) => ({
    length: (offset: number) => (Math.PI / 2) * (cornerRadius + offset),
    point: (offset: number, share: number): Point => {
      const radius = cornerRadius + offset;
      const cos = Math.cos((share * Math.PI) / 2) * radius;
      const sin = Math.sin((share * Math.PI) / 2) * radius;
      return [centre[0] + start[0] * cos + end[0] * sin, centre[1] + start[1] * cos + end[1] * sin];
    },
  });
  const up: Point = [0, -1];
  const left: Point = [-1, 0];
  const down: Point = [0, 1];
  const right: Point = [1, 0];
  const pieces = [
    straight(x, [0, -y], left, up),
    corner([-x, -y], up, left),
    straight(2 * y, [-x, -y], down, left),
    corner([-x, y], left, down),
    straight(2 * x, [-x, y], right, down),
    corner([x, y], down, right),
    straight(2 * y, [x, y], up, right),
    corner([x, -y], right, up),
    straight(x, [x, -y], left, up),
  ];

  const drawLine = (offset: number): Line => {
    const starts = [0];
    for (const piece of pieces) starts.push(starts.at(-1)! + piece.length(offset));
    const markAt = (along: number): Mark => {
      let i = 0;
      while (i < pieces.length - 1 && along >= starts[i + 1]!) i += 1;
      const length = starts[i + 1]! - starts[i]!;
      return length === 0 ? i : i + (along - starts[i]!) / length;
    };
    return {
      length: starts.at(-1)!,
      markAt,
      alongOf: (mark) => {
        const i = Math.min(Math.floor(mark), pieces.length - 1);
        return starts[i]! + (mark - i) * (starts[i + 1]! - starts[i]!);
      },
      pointAt: (along) => {
        const mark = markAt(along);
        const i = Math.min(Math.floor(mark), pieces.length - 1);
        return pieces[i]!.point(offset, mark - i);
      },
    };
  };

  // All sections of a tier ask for the lines of the same rows.
  const drawn = new Map<number, Line>();
  return {
    lineAt: (offset) => {
      const known = drawn.get(offset);
      if (known !== undefined) return known;
      const line = drawLine(offset);
      drawn.set(offset, line);
      return line;
    },
  };
}
