/** Draws what belongs to this visitor and this moment, above the bitmap, in CSS pixels. */
import { tracePolygon } from './paint-house.ts';
import type { Scene } from './scene.ts';
import { RADIUS_SHARE } from './sprites.ts';
import type { Theme } from './theme.ts';
import type { View } from './view.ts';

export type Marks = {
  own: ReadonlySet<number>;
  pending: ReadonlySet<number>;
  /** Seats that just changed, and when. */
  readonly flashes: Map<number, number>;
  /** Seat under the pointer; -1 for none. */
  hover: number;
  /** Seat that the keyboard is at; -1 for none. */
  cursor: number;
  /** Section under the pointer while seats are too small; -1 for none. */
  hoverSection: number;
};

const FLASH_MS = 700;
/** Own seats are found again from afar: never smaller than this. */
const OWN_RADIUS_PX_MIN = 5;

export function paintMarks(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  marks: Marks,
  theme: Theme,
  nowMs: number,
  seatsSeen: number,
): void {
  const radius = view.pitchPx * RADIUS_SHARE;
  paintHoverSection(pen, scene, view, marks, theme);
  for (const [seat, sinceMs] of marks.flashes) {
    const share = (nowMs - sinceMs) / FLASH_MS;
    if (share >= 1) marks.flashes.delete(seat);
    else if (seatsSeen > 0) paintFlash(pen, scene, view, seat, share, radius, theme);
  }
  for (const seat of marks.pending) paintPending(pen, scene, view, seat, nowMs, radius, theme);
  for (const seat of marks.own) if (!marks.pending.has(seat)) paintOwn(pen, scene, view, seat, radius, theme);
  if (marks.hover >= 0) paintRing(pen, scene, view, marks.hover, radius + 2.5, theme.ink, 2);
  if (marks.cursor >= 0) {
    paintRing(pen, scene, view, marks.cursor, Math.max(radius, 4) + 3, theme.surface, 5);
    paintRing(pen, scene, view, marks.cursor, Math.max(radius, 4) + 3, theme.ink, 2.5);
  }
}

function paintHoverSection(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  { hoverSection }: Marks,
  theme: Theme,
): void {
  const section = scene.sections[hoverSection];
  if (section === undefined) return;
  const { scale, x, y } = view.pose;
  pen.save();
  pen.scale(scale, scale);
  pen.translate(-x, -y);
  tracePolygon(pen, section.section.outline);
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 2 / scale;
  pen.lineJoin = 'round';
  pen.stroke();
  pen.restore();
}

function placeOf(scene: Scene, view: View, seat: number): { x: number; y: number } | undefined {
  const x = scene.x[seat]!;
  if (Number.isNaN(x)) return undefined;
  const place = view.toScreen(x, scene.y[seat]!);
  const isSeen = place.x > -40 && place.y > -40 && place.x < view.width + 40 && place.y < view.height + 40;
  return isSeen ? place : undefined;
}

function paintRing(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  seat: number,
  radius: number,
  color: string,
  width: number,
): void {
  const place = placeOf(scene, view, seat);
  if (place === undefined) return;
  pen.beginPath();
  pen.arc(place.x, place.y, radius, 0, 2 * Math.PI);
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.stroke();
}

function paintFlash(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  seat: number,
  share: number,
  radius: number,
  theme: Theme,
): void {
  pen.globalAlpha = 1 - share;
  paintRing(pen, scene, view, seat, radius * (1 + share) + 1, theme.inkSoft, 1.5);
  pen.globalAlpha = 1;
}

function paintPending(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  seat: number,
  nowMs: number,
  radius: number,
  theme: Theme,
): void {
  const place = placeOf(scene, view, seat);
  if (place === undefined) return;
  const turn = (nowMs / 450) * Math.PI;
  const around = Math.max(radius, OWN_RADIUS_PX_MIN) + 1.5;
  pen.beginPath();
  pen.arc(place.x, place.y, around, 0, 2 * Math.PI);
  pen.strokeStyle = theme.surface;
  pen.lineWidth = 4;
  pen.stroke();
  pen.beginPath();
  pen.arc(place.x, place.y, around, turn, turn + Math.PI * 1.3);
  pen.strokeStyle = theme.own;
  pen.lineWidth = 2.5;
  pen.stroke();
}

function paintOwn(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  seat: number,
  seatRadius: number,
  theme: Theme,
): void {
  const place = placeOf(scene, view, seat);
  if (place === undefined) return;
  const radius = Math.max(seatRadius * 1.06, OWN_RADIUS_PX_MIN);
  const { x, y } = place;
  pen.beginPath();
  pen.arc(x, y, radius + Math.max(2, radius * 0.22), 0, 2 * Math.PI);
  pen.fillStyle = theme.ownInk;
  pen.fill();
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = theme.own;
  pen.fill();
  pen.beginPath();
  pen.moveTo(x - radius * 0.45, y + radius * 0.02);
  pen.lineTo(x - radius * 0.1, y + radius * 0.38);
  pen.lineTo(x + radius * 0.5, y - radius * 0.36);
  pen.strokeStyle = theme.ownInk;
  pen.lineWidth = Math.max(1.4, radius * 0.26);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.stroke();
}
