/** Draws what stands still: sections, stage, doors, names. Everything here works in drawing units or CSS pixels of one pose. */
import type { Fixture, Plan, Point } from '../../../../shared/domain/plan.ts';
import type { Scene, SceneSection } from './scene.ts';
import { mix, type Theme } from './theme.ts';
import type { View } from './view.ts';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** 0 below `from`, 1 above `to`, even between. */
export function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** How much of the seats is seen at a size; the sections' fill goes the other way. */
export function seatAlpha(pitchPx: number): number {
  return ramp(pitchPx, 1.7, 3.2);
}

/** A section's ground: strong from afar and by how much is free in it, a mere tint from near. Opaque. */
export function sectionFill(
  scene: Scene,
  section: SceneSection,
  freeShare: number,
  pitchPx: number,
  theme: Theme,
): string {
  const color = scene.plan.categories[section.mainCategory]?.color ?? '#888888';
  const isGeneral = section.section.kind === 'general';
  const far = isGeneral ? 0.75 : 1 - seatAlpha(pitchPx);
  const near = theme.isDark ? 0.1 : 0.07;
  if (freeShare === 0) return mix(theme.sold, theme.surface, 0.18 + 0.2 * far);
  return mix(color, theme.surface, near + far * (0.18 + 0.5 * Math.sqrt(freeShare)));
}

export function tracePolygon(pen: CanvasRenderingContext2D, points: readonly Point[]): void {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
}

/** Stage and shapes below the seats, in drawing units. */
export function paintFixtures(pen: CanvasRenderingContext2D, plan: Plan, scale: number, theme: Theme): void {
  for (const fixture of plan.fixtures) {
    if (fixture.outline === undefined) continue;
    tracePolygon(pen, fixture.outline);
    const isStage = fixture.kind === 'stage';
    pen.fillStyle = isStage ? theme.stage : theme.surface;
    pen.fill();
    if (!isStage) {
      pen.strokeStyle = theme.line;
      pen.lineWidth = 1 / scale;
      pen.stroke();
    }
  }
}

/** The words on stage and doors, in CSS pixels so that they stay readable. */
export function paintFixtureWords(pen: CanvasRenderingContext2D, plan: Plan, view: View, theme: Theme): void {
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (const fixture of plan.fixtures) {
    const at = fixture.at ?? middleOf(fixture);
    if (fixture.text === undefined || at === undefined) continue;
    const { x, y } = view.toScreen(at[0], at[1]);
    if (x < -100 || y < -40 || x > view.width + 100 || y > view.height + 40) continue;
    if (fixture.kind === 'entrance') paintDoor(pen, fixture.text, at, plan, view, theme);
    else paintFixtureWord(pen, fixture, x, y, view, theme);
  }
}

function middleOf({ outline }: Fixture): Point | undefined {
  if (outline === undefined || outline.length === 0) return undefined;
  const sum = outline.reduce((total, [x, y]) => [total[0] + x, total[1] + y] as const, [0, 0] as Point);
  return [sum[0] / outline.length, sum[1] / outline.length];
}

function paintFixtureWord(
  pen: CanvasRenderingContext2D,
  { kind, text = '', outline }: Fixture,
  x: number,
  y: number,
  view: View,
  theme: Theme,
): void {
  const isStage = kind === 'stage';
  const widthPx = outline === undefined ? Number.POSITIVE_INFINITY : widthOf(outline) * view.pose.scale;
  const size = isStage
    ? Math.max(10, Math.min(30, widthPx / 9))
    : Math.max(9, Math.min(16, view.pitchPx * 0.9));
  pen.font = `${isStage ? 700 : 500} ${size}px ${FONT}`;
  const word = isStage ? text.toUpperCase() : text;
  if (pen.measureText(word).width > widthPx * 0.95) return;
  pen.fillStyle = isStage ? theme.stageInk : theme.inkSoft;
  pen.fillText(word, x, y);
}

function widthOf(outline: readonly Point[]): number {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const [x] of outline) {
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  return right - left;
}

/** A door's sign stands outside of it, seen from the middle of the house. */
function paintDoor(
  pen: CanvasRenderingContext2D,
  text: string,
  at: Point,
  plan: Plan,
  view: View,
  theme: Theme,
): void {
  pen.font = `600 10px ${FONT}`;
  const word = view.pitchPx < 2.2 ? text.replace(/^Entrance\s+/, '') : text;
  const width = pen.measureText(word).width + 12;
  const door = view.toScreen(at[0], at[1]);
  const [dx, dy] = [at[0] - plan.width / 2, at[1] - plan.height / 2];
  const reach = 1 / Math.max(1, Math.hypot(dx, dy));
  const x = Math.max(width / 2 + 2, Math.min(view.width - width / 2 - 2, door.x + dx * reach * (width / 2)));
  const y = door.y + dy * reach * 6;
  pen.fillStyle = theme.surface;
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(x - width / 2, y - 9, width, 18, 9);
  pen.fill();
  pen.stroke();
  pen.fillStyle = theme.inkSoft;
  pen.fillText(word, x, y + 0.5);
}

/** Names of the sections, while they are seen from afar; general ones keep theirs and say what is left. */
export function paintSectionNames(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  theme: Theme,
  freeIn: (section: SceneSection) => string,
): void {
  const alpha = 1 - ramp(view.pitchPx, 6, 10);
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (const section of scene.sections) {
    const isGeneral = section.section.kind === 'general';
    if (alpha === 0 && !isGeneral) {
      paintNameAbove(pen, section, view, theme);
      continue;
    }
    const widthPx = (section.box.right - section.box.left) * view.pose.scale;
    const heightPx = (section.box.bottom - section.box.top) * view.pose.scale;
    const { x, y } = view.toScreen(section.section.labelAt[0], section.section.labelAt[1]);
    if (x < -80 || y < -40 || x > view.width + 80 || y > view.height + 40) continue;
    const size = Math.max(9, Math.min(isGeneral ? 22 : 14, Math.min(widthPx / 3.4, heightPx / 2.2)));
    pen.font = `650 ${size}px ${FONT}`;
    const name = section.section.name;
    const width = pen.measureText(name).width;
    if (width > widthPx * 1.05 || heightPx < size) {
      // A name that starts with the level's (Floor B3) is known by its end where there is no room.
      const short = name.split(' ').at(-1)!;
      if (short === name || pen.measureText(short).width > widthPx * 1.05) continue;
      paintName(pen, short, x, y, size, isGeneral ? 1 : alpha, isGeneral, view, theme);
      continue;
    }
    paintName(
      pen,
      name,
      x,
      isGeneral ? y - size * 0.6 : y,
      size,
      isGeneral ? 1 : alpha,
      isGeneral,
      view,
      theme,
    );
    if (isGeneral) {
      pen.font = `500 ${size * 0.7}px ${FONT}`;
      pen.fillText(freeIn(section), x, y + size * 0.6);
    }
  }
  pen.globalAlpha = 1;
}

/** From near, the name stands above the section's first row, out of the way of the seats. */
function paintNameAbove(
  pen: CanvasRenderingContext2D,
  { section, head }: SceneSection,
  view: View,
  theme: Theme,
): void {
  const { x, y } = view.toScreen(head[0], head[1]);
  if (x < -80 || y < -10 || x > view.width + 80 || y > view.height + 30) return;
  pen.globalAlpha = ramp(view.pitchPx, 10, 14);
  pen.font = `650 13px ${FONT}`;
  pen.strokeStyle = theme.ground;
  pen.lineWidth = 5;
  pen.lineJoin = 'round';
  pen.strokeText(section.name, x, y - 11);
  pen.fillStyle = theme.inkSoft;
  pen.fillText(section.name, x, y - 11);
}

function paintName(
  pen: CanvasRenderingContext2D,
  name: string,
  x: number,
  y: number,
  size: number,
  alpha: number,
  isPlain: boolean,
  view: View,
  theme: Theme,
): void {
  pen.globalAlpha = alpha;
  if (!isPlain && seatAlpha(view.pitchPx) > 0.3) {
    // Seats lie below: the name needs a ground of its own.
    pen.strokeStyle = theme.surface;
    pen.lineWidth = size * 0.42;
    pen.lineJoin = 'round';
    pen.strokeText(name, x, y + 0.5);
  }
  pen.fillStyle = theme.ink;
  pen.fillText(name, x, y + 0.5);
}
