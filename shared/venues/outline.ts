/** Polygons around seats, for sections whose shape nobody described. */

import type { Point } from '../domain/plan.ts';

/** Room between the middle of an outer seat and the edge of its section, in drawing units. */
export const OUTLINE_MARGIN = 14;

/**
 * The convex hull of the seats, widened by `margin` on every side: each seat is replaced by the eight
 * corners of an octagon around it, so that one seat or a single straight row has an area too.
 */
export function hullAround(seats: readonly Point[], margin: number = OUTLINE_MARGIN): Point[] {
  const bare = convexHull(seats);
  const cut = margin * Math.tan(Math.PI / 8);
  const corners: Point[] = [];
  for (const [x, y] of bare) {
    for (const [dx, dy] of [
      [margin, cut],
      [cut, margin],
    ] as const) {
      corners.push([x + dx, y + dy], [x - dx, y + dy], [x + dx, y - dy], [x - dx, y - dy]);
    }
  }
  return convexHull(corners);
}

/** Andrew's monotone chain: the hull's corners in order, without the points on its edges. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const lower = halfHull(sorted);
  const upper = halfHull(sorted.reverse());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function halfHull(sorted: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of sorted) {
    while (hull.length >= 2 && turn(hull.at(-2)!, hull.at(-1)!, point) <= 0) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** Positive for a left turn at `b`, negative for a right one, 0 on a line. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** Whether a point lies inside a polygon (even-odd rule). */
export function insidePolygon([x, y]: Point, polygon: readonly Point[]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [xi, yi] = polygon[i]!;
    const [xj, yj] = polygon[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
