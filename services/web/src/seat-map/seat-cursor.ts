/** The keyboard's way from seat to seat: the nearest one roughly in the direction of the arrow. Pure. */
import { PITCH, type Scene } from './scene.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

const STEPS: Record<Direction, readonly [number, number]> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/** How far an arrow jumps over an aisle or to the next section. */
const REACHES = [PITCH * 2.2, PITCH * 6, PITCH * 20];

/** The next seat in a direction, or the same one where there is none. */
export function nextSeat(scene: Scene, from: number, direction: Direction): number {
  const [dx, dy] = STEPS[direction];
  const x = scene.x[from]!;
  const y = scene.y[from]!;
  for (const reach of REACHES) {
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    scene.grid.visit(x - reach, y - reach, x + reach, y + reach, (seat) => {
      const along = (scene.x[seat]! - x) * dx + (scene.y[seat]! - y) * dy;
      if (along < PITCH * 0.3) return;
      const aside = Math.abs((scene.x[seat]! - x) * dy) + Math.abs((scene.y[seat]! - y) * dx);
      if (aside > along * 1.3) return;
      const cost = along + 2 * aside;
      if (cost < bestCost) {
        best = seat;
        bestCost = cost;
      }
    });
    if (best >= 0) return best;
  }
  return from;
}
