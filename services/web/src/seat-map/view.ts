/** Which part of the house is seen: a scale and the drawing point at the canvas's top left corner. Pure. */
import type { Box } from './scene.ts';
import { PITCH } from './scene.ts';

export type Pose = { readonly scale: number; readonly x: number; readonly y: number };

/** CSS pixels between two seats at the closest. */
const PITCH_PX_MAX = 56;
/** Pixels at the edges that something else lies over. */
export type Insets = {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
};

export class View {
  width = 1;
  height = 1;
  pose: Pose = { scale: 1, x: 0, y: 0 };
  insets: Insets = { top: 16, right: 16, bottom: 16, left: 16 };
  readonly #house: Box;

  constructor(house: Box) {
    this.#house = house;
  }

  /** CSS pixels between two neighbouring seats: what decides how much is drawn. */
  get pitchPx(): number {
    return this.pose.scale * PITCH;
  }

  /** Keeps the centre of what is seen where it is. */
  resize(width: number, height: number): void {
    const centre = this.toHouse(this.width / 2, this.height / 2);
    this.width = width;
    this.height = height;
    this.pose = this.clamp({
      ...this.pose,
      x: centre.x - width / 2 / this.pose.scale,
      y: centre.y - height / 2 / this.pose.scale,
    });
  }

  toHouse(px: number, py: number): { x: number; y: number } {
    const { scale, x, y } = this.pose;
    return { x: x + px / scale, y: y + py / scale };
  }

  toScreen(x: number, y: number): { x: number; y: number } {
    const { scale, x: left, y: top } = this.pose;
    return { x: (x - left) * scale, y: (y - top) * scale };
  }

  /** The pose that shows a part of the house, whole. */
  fitting(box: Box = this.#house, pitchPxMax = PITCH_PX_MAX): Pose {
    const width = Math.max(1, box.right - box.left);
    const height = Math.max(1, box.bottom - box.top);
    const { top, right, bottom, left } = this.insets;
    const freeWidth = Math.max(40, this.width - left - right);
    const freeHeight = Math.max(40, this.height - top - bottom);
    const scale = Math.min(freeWidth / width, freeHeight / height, pitchPxMax / PITCH);
    return this.clamp({
      scale,
      x: (box.left + box.right) / 2 - (left + freeWidth / 2) / scale,
      y: (box.top + box.bottom) / 2 - (top + freeHeight / 2) / scale,
    });
  }

  /** The pose after zooming by `factor` with the point under (px, py) staying there. */
  zoomed(factor: number, px = this.width / 2, py = this.height / 2, from = this.pose): Pose {
    const scale = this.#clampScale(from.scale * factor);
    return this.clamp({
      scale,
      x: from.x + px / from.scale - px / scale,
      y: from.y + py / from.scale - py / scale,
    });
  }

  panned(dx: number, dy: number): Pose {
    const { scale, x, y } = this.pose;
    return this.clamp({ scale, x: x - dx / scale, y: y - dy / scale });
  }

  /** The pose with a point of the house in the middle. */
  centredOn(x: number, y: number, scale = this.pose.scale): Pose {
    const clamped = this.#clampScale(scale);
    return this.clamp({ scale: clamped, x: x - this.width / 2 / clamped, y: y - this.height / 2 / clamped });
  }

  /** Keeps the house in sight: its edge may come to the middle of the canvas, not further. */
  clamp({ scale, x, y }: Pose): Pose {
    const { left, top, right, bottom } = this.#house;
    const halfWidth = this.width / 2 / scale;
    const halfHeight = this.height / 2 / scale;
    return {
      scale,
      x: Math.min(right - halfWidth, Math.max(left - halfWidth, x)),
      y: Math.min(bottom - halfHeight, Math.max(top - halfHeight, y)),
    };
  }

  #clampScale(scale: number): number {
    const { left, top, right, bottom } = this.#house;
    const whole = Math.min(this.width / (right - left), this.height / (bottom - top));
    return Math.min(Math.max(PITCH_PX_MAX / PITCH, whole), Math.max(whole * 0.8, scale));
  }
}

/** A pose on the way from one to another, `share` in 0..1; the zoom runs evenly to the eye. */
export function poseBetween(from: Pose, to: Pose, share: number, width: number, height: number): Pose {
  const eased = share < 0.5 ? 4 * share ** 3 : 1 - (-2 * share + 2) ** 3 / 2;
  const scale = from.scale * (to.scale / from.scale) ** eased;
  const centre = (pose: Pose) => ({
    x: pose.x + width / 2 / pose.scale,
    y: pose.y + height / 2 / pose.scale,
  });
  const a = centre(from);
  const b = centre(to);
  return {
    scale,
    x: a.x + (b.x - a.x) * eased - width / 2 / scale,
    y: a.y + (b.y - a.y) * eased - height / 2 / scale,
  };
}
