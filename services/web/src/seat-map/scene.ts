/**
 * The plan laid out for drawing: flat arrays by seat index, the seats of each section, and a grid to find
 * what is at a point or in a rectangle. Built once; a house of 20,000 takes a few milliseconds.
 */
import type { Category, GeneralSection, Plan, Point, Seat, Section } from '../../../../shared/domain/plan.ts';
import { SeatGrid } from './seat-grid.ts';

export type Box = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

export type SceneSection = {
  readonly section: Section;
  readonly index: number;
  readonly box: Box;
  /** The middle of its upper edge, which in a bent section lies below the corners. */
  readonly head: Point;
  /** Its seats are `first` to `end - 1`. */
  readonly first: number;
  readonly end: number;
  /** The category of most of its seats, by its place in the plan. */
  readonly mainCategory: number;
  readonly rows: readonly SceneRow[];
};

export type SceneRow = { readonly label: string; readonly first: number; readonly end: number };

/** What a seat is called and costs, for a tooltip and the basket. */
export type SeatFacts = {
  readonly index: number;
  readonly section: Section;
  /** Absent for a place of a general-admission section. */
  readonly row?: string;
  readonly seat?: Seat;
  readonly category: Category;
};

/** Between neighbouring seats, in drawing units: the plan's promise. */
export const PITCH = 20;

export class Scene {
  readonly plan: Plan;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly categoryOf: Uint16Array;
  readonly sectionOf: Uint16Array;
  readonly isWheelchair: Uint8Array;
  readonly sections: readonly SceneSection[];
  /** Those that any seat has; a small house of a template has not all. */
  readonly categoriesInUse: readonly Category[];
  readonly grid: SeatGrid;
  readonly #seats: (Seat | undefined)[];
  readonly #categories: ReadonlyMap<string, number>;

  constructor(plan: Plan) {
    const { seatCount } = plan;
    this.plan = plan;
    this.x = new Float32Array(seatCount).fill(Number.NaN);
    this.y = new Float32Array(seatCount).fill(Number.NaN);
    this.categoryOf = new Uint16Array(seatCount);
    this.sectionOf = new Uint16Array(seatCount);
    this.isWheelchair = new Uint8Array(seatCount);
    this.#seats = new Array(seatCount);
    this.#categories = new Map(plan.categories.map((category, at) => [category.id, at]));
    this.sections = plan.sections.map((section, index) => this.#addSection(section, index));
    const used = new Set(this.categoryOf);
    this.categoriesInUse = plan.categories.filter((_, at) => used.has(at));
    this.grid = new SeatGrid(this.x, this.y, plan.width, plan.height);
  }

  facts(index: number): SeatFacts {
    const { section, rows } = this.sections[this.sectionOf[index]!]!;
    const category = this.plan.categories[this.categoryOf[index]!]!;
    const seat = this.#seats[index];
    const row = rows.find(({ first, end }) => index >= first && index < end);
    return { index, section, category, ...(seat && { seat }), ...(row && { row: row.label }) };
  }

  /** What is printed on the seat; empty for a place of a general-admission section. */
  labelOf(index: number): string {
    return this.#seats[index]?.label ?? '';
  }

  /** The section whose outline a point is in; the last drawn where they overlap. */
  sectionAt(x: number, y: number): SceneSection | undefined {
    for (let at = this.sections.length - 1; at >= 0; at--) {
      const scene = this.sections[at]!;
      const { left, top, right, bottom } = scene.box;
      if (x < left || x > right || y < top || y > bottom) continue;
      if (isInside(x, y, scene.section.outline)) return scene;
    }
    return undefined;
  }

  #addSection(section: Section, index: number): SceneSection {
    if (section.kind === 'general') return this.#addGeneral(section, index);
    const rows: SceneRow[] = [];
    const seatsByCategory = new Map<number, number>();
    for (const row of section.rows) {
      const first = row.seats[0]?.index ?? 0;
      for (const seat of row.seats) {
        const category = this.#categories.get(seat.categoryId) ?? 0;
        this.x[seat.index] = seat.x;
        this.y[seat.index] = seat.y;
        this.categoryOf[seat.index] = category;
        this.sectionOf[seat.index] = index;
        this.isWheelchair[seat.index] = seat.trait === 'wheelchair' ? 1 : 0;
        this.#seats[seat.index] = seat;
        seatsByCategory.set(category, (seatsByCategory.get(category) ?? 0) + 1);
      }
      rows.push({ label: row.label, first, end: first + row.seats.length });
    }
    const [mainCategory] = [...seatsByCategory].reduce(
      (best, next) => (next[1] > best[1] ? next : best),
      [0, 0],
    );
    const first = rows[0]?.first ?? 0;
    const end = rows.at(-1)?.end ?? first;
    return { section, index, ...shapeOf(section.outline), first, end, mainCategory, rows };
  }

  #addGeneral(section: GeneralSection, index: number): SceneSection {
    const mainCategory = this.#categories.get(section.categoryId) ?? 0;
    const end = section.firstIndex + section.capacity;
    this.categoryOf.fill(mainCategory, section.firstIndex, end);
    this.sectionOf.fill(index, section.firstIndex, end);
    return {
      section,
      index,
      ...shapeOf(section.outline),
      first: section.firstIndex,
      end,
      mainCategory,
      rows: [],
    };
  }
}

function boxOf(points: readonly Point[]): Box {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const [x, y] of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

/** A section's box and head. */
function shapeOf(outline: readonly Point[]): { box: Box; head: Point } {
  const box = boxOf(outline);
  const x = (box.left + box.right) / 2;
  let y = Number.POSITIVE_INFINITY;
  for (const [at, [x2, y2]] of outline.entries()) {
    const [x1, y1] = outline.at(at - 1)!;
    if (x1 > x !== x2 > x) y = Math.min(y, y1 + ((y2 - y1) * (x - x1)) / (x2 - x1));
  }
  return { box, head: [x, Number.isFinite(y) ? y : box.top] };
}

function isInside(x: number, y: number, polygon: readonly Point[]): boolean {
  let inside = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at++) {
    const [x1, y1] = polygon[at]!;
    const [x2, y2] = polygon[before]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
