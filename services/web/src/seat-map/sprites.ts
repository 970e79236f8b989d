/**
 * Each look of a seat, drawn once per size and then stamped: a stamp costs a tenth of a path, and twenty
 * thousand of them fit into a frame.
 *
 * State shows by shape as well as by colour: free is full, taken by somebody is a ring with a stroke, sold is
 * a small cross, own has a check mark (drawn by the renderer, above all others).
 */
import type { Category } from '../../../../shared/domain/plan.ts';
import { SEAT_AVAILABLE, SEAT_BLOCKED, SEAT_LOCKED } from '../../../../shared/domain/seat.ts';
import { inkOn, mix, type Theme } from './theme.ts';

export type Sprite = HTMLCanvasElement;

/** Radius of a seat as a share of the distance between seats: from near there is air, from afar there is none to spare. */
export const RADIUS_SHARE = 0.39;
const RADIUS_SHARE_FAR = 0.46;

/** From this size on a seat's mark can be told from a blot. */
const MARK_PX_MIN = 7;

export class SpriteSheet {
  readonly pitchPx: number;
  readonly size: number;
  readonly #free: readonly Sprite[];
  readonly #wheelchair: readonly Sprite[];
  readonly #locked: Sprite;
  readonly #sold: Sprite;

  /** @param pitchPx device pixels between two seats. */
  constructor(categories: readonly Category[], theme: Theme, pitchPx: number) {
    const detailed = pitchPx >= MARK_PX_MIN;
    const radius = Math.max(0.7, pitchPx * (detailed ? RADIUS_SHARE : RADIUS_SHARE_FAR));
    this.pitchPx = pitchPx;
    this.size = Math.ceil(radius * 2 + 2);
    const sprite = (draw: (pen: CanvasRenderingContext2D, radius: number) => void) => {
      const canvas = document.createElement('canvas');
      canvas.width = this.size;
      canvas.height = this.size;
      const pen = canvas.getContext('2d')!;
      pen.translate(this.size / 2, this.size / 2);
      draw(pen, radius);
      return canvas;
    };
    this.#free = categories.map(({ color }) => sprite((pen, r) => drawFree(pen, r, seatColor(color, theme))));
    this.#wheelchair = categories.map(({ color }) =>
      sprite((pen, r) => drawWheelchair(pen, r, seatColor(color, theme), inkOn(color), detailed)),
    );
    this.#locked = sprite((pen, r) => drawLocked(pen, r, theme, detailed));
    this.#sold = sprite((pen, r) => drawSold(pen, r, theme, detailed));
  }

  /** How a seat looks, or undefined where it is not shown. */
  of(state: number, category: number, isWheelchair: boolean): Sprite | undefined {
    if (state === SEAT_AVAILABLE) return isWheelchair ? this.#wheelchair[category] : this.#free[category];
    if (state === SEAT_BLOCKED) return undefined;
    return state === SEAT_LOCKED ? this.#locked : this.#sold;
  }
}

/** A category's colour on this ground: a little lighter in the dark. */
export function seatColor(color: string, theme: Theme): string {
  return theme.isDark ? mix(color, '#ffffff', 0.82) : color;
}

function disc(pen: CanvasRenderingContext2D, radius: number): void {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, 2 * Math.PI);
}

function drawFree(pen: CanvasRenderingContext2D, radius: number, color: string): void {
  disc(pen, radius);
  pen.fillStyle = color;
  pen.fill();
}

function drawLocked(pen: CanvasRenderingContext2D, radius: number, theme: Theme, detailed: boolean): void {
  const width = Math.max(0.8, radius * 0.2);
  pen.lineWidth = width;
  pen.strokeStyle = theme.locked;
  if (!detailed) {
    disc(pen, radius * 0.75);
    pen.globalAlpha = 0.5;
    pen.fillStyle = theme.locked;
    pen.fill();
    return;
  }
  disc(pen, radius - width / 2);
  pen.stroke();
  pen.clip();
  pen.beginPath();
  for (const shift of [-0.8, 0, 0.8]) {
    pen.moveTo(-radius + shift * radius, radius);
    pen.lineTo(radius + shift * radius, -radius);
  }
  pen.lineWidth = Math.max(0.7, radius * 0.13);
  pen.stroke();
}

function drawSold(pen: CanvasRenderingContext2D, radius: number, theme: Theme, detailed: boolean): void {
  if (!detailed) {
    disc(pen, radius * 0.5);
    pen.globalAlpha = 0.5;
    pen.fillStyle = theme.sold;
    pen.fill();
    return;
  }
  const arm = radius * 0.46;
  pen.strokeStyle = theme.sold;
  pen.lineWidth = Math.max(1, radius * 0.24);
  pen.lineCap = 'round';
  pen.beginPath();
  pen.moveTo(-arm, -arm);
  pen.lineTo(arm, arm);
  pen.moveTo(arm, -arm);
  pen.lineTo(-arm, arm);
  pen.stroke();
}

/** A square with the usual sign: head, back, seat, wheel. */
function drawWheelchair(
  pen: CanvasRenderingContext2D,
  radius: number,
  color: string,
  ink: string,
  detailed: boolean,
): void {
  pen.fillStyle = color;
  pen.beginPath();
  pen.roundRect(-radius, -radius, radius * 2, radius * 2, radius * 0.35);
  pen.fill();
  if (!detailed) return;
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.lineWidth = Math.max(0.8, radius * 0.17);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.beginPath();
  pen.arc(-radius * 0.18, -radius * 0.64, radius * 0.16, 0, 2 * Math.PI);
  pen.fill();
  pen.beginPath();
  pen.moveTo(-radius * 0.18, -radius * 0.36);
  pen.lineTo(-radius * 0.14, radius * 0.12);
  pen.lineTo(radius * 0.34, radius * 0.12);
  pen.lineTo(radius * 0.56, radius * 0.62);
  pen.stroke();
  pen.beginPath();
  pen.arc(-radius * 0.1, radius * 0.3, radius * 0.4, Math.PI * 0.1, Math.PI * 1.35);
  pen.stroke();
}
