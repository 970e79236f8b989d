/** What tests of plans ask. */

import type { Plan, Point, Seat } from '../domain/plan.ts';
import type { Fault, PlanResult } from './fault.ts';
import { insidePolygon } from './outline.ts';

/** The plan of a result. @throws Error with the faults where there is none. */
export function planIn(result: PlanResult): Plan {
  if ('plan' in result) return result.plan;
  throw new Error(`no plan: ${JSON.stringify(result.faults.slice(0, 5))}`);
}

/** The faults of a result, each as `path code`; empty for a plan. */
export function faultsIn(result: PlanResult | readonly Fault[]): string[] {
  const faults = 'plan' in result ? [] : 'faults' in result ? result.faults : result;
  return faults.map((fault) => `${fault.path} ${fault.code}`.trim());
}

export function seatsOf(plan: Plan): Seat[] {
  return plan.sections.flatMap((s) => (s.kind === 'seated' ? s.rows.flatMap((row) => row.seats) : []));
}

/** The smallest distance between two seats, in drawing units; Infinity for less than two. */
export function closestSeats(plan: Plan): number {
  const cell = 20;
  const cells = Map.groupBy(seatsOf(plan), (s) => `${Math.floor(s.x / cell)},${Math.floor(s.y / cell)}`);
  let closest = Number.POSITIVE_INFINITY;
  for (const seat of seatsOf(plan)) {
    for (const dx of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        const key = `${Math.floor(seat.x / cell) + dx},${Math.floor(seat.y / cell) + dy}`;
        for (const other of cells.get(key) ?? []) {
          if (other.index <= seat.index) continue;
          closest = Math.min(closest, Math.hypot(other.x - seat.x, other.y - seat.y));
        }
      }
    }
  }
  return closest;
}

/** Seats outside their section's outline or inside another's, and those outside the drawing. */
export function strays(plan: Plan): string[] {
  const boxes = plan.sections.map((section) => ({ section, box: boxOf(section.outline) }));
  const found: string[] = [];
  for (const { section } of boxes) {
    if (section.kind !== 'seated') continue;
    for (const row of section.rows) {
      for (const { index, x, y } of row.seats) {
        if (x < 0 || y < 0 || x > plan.width || y > plan.height) found.push(`${index} outside the drawing`);
        for (const { section: other, box } of boxes) {
          const near = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
          const inside = near && insidePolygon([x, y], other.outline);
          if (inside !== (other === section)) found.push(`${index} of ${section.id}: ${other.id}`);
        }
      }
    }
  }
  return found;
}

function boxOf(points: readonly Point[]) {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
