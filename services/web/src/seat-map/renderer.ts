/**
 * Draws the map when something changed, and only then. Each frame moves the bitmap under the view and adds
 * what is few: own seats, the seat under the pointer, what was taken a moment ago, names.
 *
 * While a gesture goes on the bitmap is drawn anew only where that is cheap or the view has left it; the
 * picture is sharp again as soon as the hand rests.
 */
import { HouseBitmap, type MapData } from './house-bitmap.ts';
import { paintFixtureWords, paintSectionNames, seatAlpha } from './paint-house.ts';
import { type Marks, paintMarks } from './paint-marks.ts';
import { PITCH } from './scene.ts';
import { readTheme, type Theme } from './theme.ts';
import { type Pose, poseBetween, View } from './view.ts';

/** A full drawing below this fits into a frame beside everything else. */
const CHEAP_MS = 9;
const REST_MS = 120;
/** From afar the sections' shades follow the counts, this often at most. */
const SHADES_MS = 700;
const GLIDE_MS = 320;
/** More device pixels than twice the CSS ones cost much and show little. */
const RATIO_MAX = 2;

export class MapRenderer {
  readonly view: View;
  readonly marks: Marks = {
    own: new Set(),
    pending: new Set(),
    flashes: new Map(),
    hover: -1,
    cursor: -1,
    hoverSection: -1,
  };
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  readonly #data: MapData;
  readonly #bitmap: HouseBitmap;
  readonly #freeText: (free: number) => string;
  #theme: Theme;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #shades: ReturnType<typeof setTimeout> | undefined;
  #stale = true;
  #lastMoveMs = 0;
  #glide: { from: Pose; to: Pose; startMs: number } | undefined;
  #isStopped = false;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  /** Told when the view moved: a tooltip has to follow. */
  onMove: () => void = () => {};

  constructor(canvas: HTMLCanvasElement, data: MapData, freeText: (free: number) => string) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d')!;
    this.#data = data;
    this.#freeText = freeText;
    this.#theme = readTheme(canvas);
    this.#bitmap = new HouseBitmap(data, this.#theme);
    const { width, height } = data.scene.plan;
    this.view = new View({ left: 0, top: 0, right: width, bottom: height });
  }

  stop(): void {
    this.#isStopped = true;
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    clearTimeout(this.#shades);
  }

  /** Follows the element's size; the first time all of the house is shown. */
  resize(width: number, height: number): void {
    const first = this.view.width === 1;
    const ratio = this.#ratio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const wasWhole = first || this.isWhole;
    this.view.resize(width, height);
    if (wasWhole) this.view.pose = this.view.fitting();
    this.#stale = true;
    this.draw();
  }

  /** Whether about all of the house is seen. */
  get isWhole(): boolean {
    return this.view.pose.scale <= this.view.fitting().scale * 1.02;
  }

  readThemeAgain(): void {
    this.#theme = readTheme(this.#canvas);
    this.#bitmap.setTheme(this.#theme);
    this.#stale = true;
    this.draw();
  }

  /** Everything is new: a snapshot came. */
  redrawAll(): void {
    this.#stale = true;
    this.draw();
  }

  /** These seats have a new state. */
  seatsChanged(seats: readonly number[], flash: boolean): void {
    const now = performance.now();
    // A rush changes thousands at once: then one drawing is cheaper than as many stamps.
    if (seats.length > 2_000) this.#stale = true;
    else for (const seat of seats) this.#bitmap.restamp(seat);
    if (flash && !this.#calm.matches && seats.length < 200) {
      for (const seat of seats) this.marks.flashes.set(seat, now);
    }
    this.#shades ??= setTimeout(() => {
      this.#shades = undefined;
      this.#stale = true;
      this.draw();
    }, SHADES_MS);
    this.draw();
  }

  /** Moves at once, as a hand does. */
  moveTo(pose: Pose): void {
    this.#glide = undefined;
    this.#setPose(pose);
    this.draw();
  }

  /** Moves there smoothly, where motion is welcome. */
  glideTo(pose: Pose): void {
    if (this.#calm.matches) {
      this.moveTo(pose);
      return;
    }
    this.#glide = { from: this.view.pose, to: pose, startMs: performance.now() };
    this.draw();
  }

  /** Where a running glide will end, or where the view is: repeated zooming adds up. */
  get target(): Pose {
    return this.#glide?.to ?? this.view.pose;
  }

  /** Asks for a frame. */
  draw(): void {
    if (this.#frame !== 0 || this.#isStopped) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  get #ratio(): number {
    return Math.min(RATIO_MAX, devicePixelRatio || 1);
  }

  #setPose(pose: Pose): void {
    this.view.pose = pose;
    this.#lastMoveMs = performance.now();
    this.onMove();
  }

  #drawNow(): void {
    const now = performance.now();
    if (this.#glide !== undefined) {
      const { from, to, startMs } = this.#glide;
      const share = Math.min(1, (now - startMs) / GLIDE_MS);
      this.#setPose(share === 1 ? to : poseBetween(from, to, share, this.view.width, this.view.height));
      if (share === 1) this.#glide = undefined;
    }
    this.#refreshBitmap(now);
    this.#paint(now);
    if (this.#glide !== undefined || this.marks.flashes.size > 0 || this.marks.pending.size > 0) this.draw();
  }

  #refreshBitmap(now: number): void {
    const moving = this.#glide !== undefined || now - this.#lastMoveMs < REST_MS;
    const blurred = !this.#bitmap.isSharpFor(this.view);
    const left = !this.#bitmap.covers(this.view);
    const ratio = this.view.pose.scale / (this.#bitmap.pose.scale || 1);
    const wanted = this.#stale || blurred || left;
    if (!wanted) return;
    const must = this.#bitmap.pose.scale === 0 || (left && ratio > 0.8) || ratio > 2.2 || ratio < 0.5;
    if (moving && !must && this.#bitmap.costMs > CHEAP_MS) {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.draw(), REST_MS);
      return;
    }
    this.#bitmap.draw(this.view, this.#ratio);
    this.#stale = false;
  }

  #paint(now: number): void {
    const pen = this.#pen;
    const ratio = this.#ratio;
    const { scale, x, y } = this.view.pose;
    const bitmap = this.#bitmap;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const zoom = scale / bitmap.pose.scale;
    const left = (bitmap.pose.x - x) * scale * ratio;
    const top = (bitmap.pose.y - y) * scale * ratio;
    if (zoom === 1) pen.drawImage(bitmap.canvas, Math.round(left), Math.round(top));
    else pen.drawImage(bitmap.canvas, left, top, bitmap.canvas.width * zoom, bitmap.canvas.height * zoom);

    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { scene, freeBySection } = this.#data;
    paintMarks(pen, scene, this.view, this.marks, this.#theme, now, seatAlpha(scale * PITCH));
    paintSectionNames(pen, scene, this.view, this.#theme, (section) =>
      this.#freeText(freeBySection[section.index]!),
    );
    paintFixtureWords(pen, scene.plan, this.view, this.#theme);
  }
}
