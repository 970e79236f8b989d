/**
 * The house with its seats as one bitmap, somewhat larger than what is seen. Panning and zooming only move
 * it; a seat that changes is stamped over in place; drawing it all anew happens when the view has left it.
 */
import { SEAT_AVAILABLE, SEAT_BLOCKED } from '../../../../shared/domain/seat.ts';
import { FONT, paintFixtures, ramp, seatAlpha, sectionFill, tracePolygon } from './paint-house.ts';
import { PITCH, type Scene } from './scene.ts';
import { SpriteSheet, seatColor } from './sprites.ts';
import { inkOn, type Theme } from './theme.ts';
import type { Pose, View } from './view.ts';

/** Room around the view, as a share of it: how far a pan goes before anything is drawn. */
const MARGIN_SHARE = 0.22;
/**
 * Below this many device pixels between seats a seat is a plain square: nobody sees the difference, and a
 * longest frame of a house of 100,000 takes 103 ms where stamps take 511 [measured without a GPU].
 */
const SQUARE_PITCH_PX = 5;

export type MapData = {
  readonly scene: Scene;
  /** A byte a seat. */
  readonly states: Uint8Array;
  /** Free seats by section. */
  readonly freeBySection: Int32Array;
};

export class HouseBitmap {
  readonly canvas = document.createElement('canvas');
  readonly #pen: CanvasRenderingContext2D;
  readonly #data: MapData;
  #theme: Theme;
  #sheet: SpriteSheet | undefined;
  #fills: string[] = [];
  /** Where the bitmap's top left corner lies in the house, and how large it was drawn. */
  pose: Pose = { scale: 0, x: 0, y: 0 };
  #ratio = 1;
  /** How long the last drawing took: what decides whether each frame may have one. */
  costMs = 0;

  constructor(data: MapData, theme: Theme) {
    this.#data = data;
    this.#theme = theme;
    this.#pen = this.canvas.getContext('2d', { alpha: true })!;
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#sheet = undefined;
    this.pose = { scale: 0, x: 0, y: 0 };
  }

  /** Whether the view lies within the bitmap. */
  covers(view: View): boolean {
    if (this.pose.scale === 0) return false;
    const right = this.pose.x + this.canvas.width / this.#ratio / this.pose.scale;
    const bottom = this.pose.y + this.canvas.height / this.#ratio / this.pose.scale;
    const corner = view.toHouse(view.width, view.height);
    const slack = 1 / view.pose.scale;
    return (
      view.pose.x >= this.pose.x - slack &&
      view.pose.y >= this.pose.y - slack &&
      corner.x <= right + slack &&
      corner.y <= bottom + slack
    );
  }

  isSharpFor(view: View): boolean {
    return Math.abs(view.pose.scale / this.pose.scale - 1) < 0.001;
  }

  /** Draws everything for this view. */
  draw(view: View, ratio: number): void {
    const start = performance.now();
    const marginX = Math.round(view.width * MARGIN_SHARE);
    const marginY = Math.round(view.height * MARGIN_SHARE);
    const width = Math.round((view.width + 2 * marginX) * ratio);
    const height = Math.round((view.height + 2 * marginY) * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.#ratio = ratio;
    const { scale } = view.pose;
    this.pose = { scale, x: view.pose.x - marginX / scale, y: view.pose.y - marginY / scale };
    this.#drawGround(scale, view.pitchPx);
    this.#drawSeats(view.pitchPx);
    if (view.pitchPx >= 12) this.#drawRowLabels(view.pitchPx);
    this.costMs = performance.now() - start;
  }

  /** Stamps the present look of one seat over the old one. */
  restamp(seat: number): void {
    const { scene } = this.#data;
    const x = scene.x[seat]!;
    if (this.pose.scale === 0 || Number.isNaN(x)) return;
    const alpha = seatAlpha(this.pose.scale * PITCH);
    if (alpha === 0 || this.#sheet === undefined) return;
    const pen = this.#pen;
    this.#toDevice();
    const { px, py, size } = this.#spriteAt(seat);
    pen.fillStyle = this.#fills[scene.sectionOf[seat]!] ?? this.#theme.surface;
    pen.fillRect(px, py, size, size);
    pen.globalAlpha = alpha;
    this.#stamp(seat, px, py, this.pose.scale * PITCH);
    pen.globalAlpha = 1;
  }

  #drawGround(scale: number, pitchPx: number): void {
    const { scene, freeBySection } = this.#data;
    const pen = this.#pen;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const zoom = scale * this.#ratio;
    pen.setTransform(zoom, 0, 0, zoom, -this.pose.x * zoom, -this.pose.y * zoom);
    paintFixtures(pen, scene.plan, scale, this.#theme);
    this.#fills = scene.sections.map((section) => {
      const share = freeBySection[section.index]! / Math.max(1, section.end - section.first);
      return sectionFill(scene, section, share, pitchPx, this.#theme);
    });
    pen.lineWidth = 1 / scale;
    pen.strokeStyle = this.#theme.line;
    pen.lineJoin = 'round';
    for (const { section, index } of scene.sections) {
      tracePolygon(pen, section.outline);
      pen.fillStyle = this.#fills[index]!;
      pen.fill();
      pen.stroke();
    }
  }

  #drawSeats(pitchPx: number): void {
    const alpha = seatAlpha(pitchPx);
    if (alpha === 0) return;
    const { scene } = this.#data;
    const devicePitch = pitchPx * this.#ratio;
    if (this.#sheet?.pitchPx !== devicePitch) {
      this.#sheet = new SpriteSheet(scene.plan.categories, this.#theme, devicePitch);
    }
    const pen = this.#pen;
    this.#toDevice();
    pen.globalAlpha = alpha;
    if (pitchPx >= 20) {
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.font = `600 ${pitchPx * 0.34 * this.#ratio}px ${FONT}`;
    }
    const zoom = this.pose.scale * this.#ratio;
    const right = this.pose.x + this.canvas.width / zoom;
    const bottom = this.pose.y + this.canvas.height / zoom;
    if (devicePitch < SQUARE_PITCH_PX) this.#drawSquares(right, bottom, alpha);
    else {
      scene.grid.visit(this.pose.x, this.pose.y, right, bottom, (seat) => {
        const { px, py } = this.#spriteAt(seat);
        this.#stamp(seat, px, py, pitchPx);
      });
    }
    pen.globalAlpha = 1;
  }

  /** All seats of one look after the other: changing the colour costs more than the square. */
  #drawSquares(right: number, bottom: number, alpha: number): void {
    const { scene, states } = this.#data;
    const looks = new Map<number, number[]>();
    scene.grid.visit(this.pose.x, this.pose.y, right, bottom, (seat) => {
      if (states[seat] === SEAT_BLOCKED) return;
      const look = states[seat] === SEAT_AVAILABLE ? scene.categoryOf[seat]! : -states[seat]!;
      const seats = looks.get(look);
      if (seats === undefined) looks.set(look, [seat]);
      else seats.push(seat);
    });
    const pen = this.#pen;
    const zoom = this.pose.scale * this.#ratio;
    const side = Math.max(1, Math.round(zoom * PITCH * 0.8));
    for (const [look, seats] of looks) {
      const isFree = look >= 0;
      pen.globalAlpha = isFree ? alpha : alpha * 0.4;
      pen.fillStyle = isFree
        ? seatColor(scene.plan.categories[look]!.color, this.#theme)
        : this.#theme.locked;
      const size = isFree ? side : Math.max(1, side - 1);
      for (const seat of seats) {
        const px = Math.round((scene.x[seat]! - this.pose.x) * zoom - size / 2);
        const py = Math.round((scene.y[seat]! - this.pose.y) * zoom - size / 2);
        pen.fillRect(px, py, size, size);
      }
    }
  }

  #stamp(seat: number, px: number, py: number, pitchPx: number): void {
    const { scene, states } = this.#data;
    const sheet = this.#sheet!;
    const wheelchair = scene.isWheelchair[seat] === 1;
    const category = scene.categoryOf[seat]!;
    const sprite = sheet.of(states[seat]!, category, wheelchair);
    if (sprite === undefined) return;
    this.#pen.drawImage(sprite, px, py);
    if (pitchPx >= 20 && states[seat] === SEAT_AVAILABLE && !wheelchair) {
      this.#pen.globalAlpha = ramp(pitchPx, 20, 26);
      this.#pen.fillStyle = inkOn(scene.plan.categories[category]!.color);
      this.#pen.fillText(scene.labelOf(seat), px + sheet.size / 2, py + sheet.size / 2 + 0.5);
      this.#pen.globalAlpha = 1;
    }
  }

  #drawRowLabels(pitchPx: number): void {
    const { scene } = this.#data;
    const pen = this.#pen;
    const zoom = this.pose.scale * this.#ratio;
    this.#toDevice();
    pen.globalAlpha = ramp(pitchPx, 12, 16);
    pen.fillStyle = this.#theme.inkSoft;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.font = `600 ${Math.min(14, pitchPx * 0.42) * this.#ratio}px ${FONT}`;
    for (const { rows } of scene.sections) {
      for (const { label, first, end } of rows) {
        const px = (scene.x[first]! - this.pose.x) * zoom;
        const py = (scene.y[first]! - this.pose.y) * zoom;
        if (px < -50 || py < -50 || px > this.canvas.width + 50 || py > this.canvas.height + 50) continue;
        // Beside the first seat, on the side where the row does not go on.
        const next = Math.min(first + 1, end - 1);
        const dx = scene.x[first]! - scene.x[next]! || -PITCH;
        const dy = scene.y[first]! - scene.y[next]!;
        const reach = (PITCH * 1.15) / Math.hypot(dx, dy);
        pen.fillText(label, px + dx * reach * zoom, py + dy * reach * zoom);
      }
    }
    pen.globalAlpha = 1;
  }

  #toDevice(): void {
    this.#pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Top left corner of a seat's stamp, in whole device pixels: stamps between pixels blur. */
  #spriteAt(seat: number): { px: number; py: number; size: number } {
    const { scene } = this.#data;
    const zoom = this.pose.scale * this.#ratio;
    const size = this.#sheet!.size;
    return {
      px: Math.round((scene.x[seat]! - this.pose.x) * zoom - size / 2),
      py: Math.round((scene.y[seat]! - this.pose.y) * zoom - size / 2),
      size,
    };
  }
}
