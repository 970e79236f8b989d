/** What a pretix plan draws beside its seats, as fixtures. Areas sell nothing, even one called "Standing". */

import type { Fixture, Point } from '../../domain/plan.ts';
import { rectangle } from '../templates/sketch.ts';
import type { PretixArea, PretixPosition } from './pretix-plan.ts';

/** The word for a stage in the languages of the plans about; it decides which seats are best. */
const STAGE = /\b(stage|scene|scène|bühne|buehne|podium|escenario|palco|screen|leinwand)\b/iu;

const CORNERS_OF_A_CIRCLE = 24;

/** Null for an area that draws nothing. `zone` is where its zone begins. */
export function fixtureOf(area: PretixArea, zone: PretixPosition): Fixture | null {
  const x = zone.x + (area.position?.x ?? 0);
  const y = zone.y + (area.position?.y ?? 0);
  const turn = ((area.rotation ?? 0) * Math.PI) / 180;
  const place = ([dx, dy]: Point): Point => [
    x + dx * Math.cos(turn) - dy * Math.sin(turn),
    y + dx * Math.sin(turn) + dy * Math.cos(turn),
  ];
  const outline = cornersOf(area).map(place);
  const text = area.text?.text.trim();
  if (outline.length < 3 && !text) return null;
  const kind = text && STAGE.test(text) ? 'stage' : outline.length >= 3 ? 'shape' : 'label';
  return {
    kind,
    ...(text && { text }),
    ...(text && area.text && { at: place([area.text.position.x, area.text.position.y]) }),
    ...(outline.length >= 3 && { outline }),
  };
}

/** Relative to the area's position: its middle for round shapes, its upper left corner for a rectangle. */
function cornersOf(area: PretixArea): Point[] {
  switch (area.shape) {
    case 'polygon':
      return (area.polygon?.points ?? []).map(({ x, y }): Point => [x, y]);
    case 'rectangle':
      return area.rectangle ? rectangle(0, 0, area.rectangle.width, area.rectangle.height) : [];
    case 'ellipse':
      return area.ellipse ? ellipse(area.ellipse.radius.x, area.ellipse.radius.y) : [];
    case 'circle':
      return area.circle ? ellipse(area.circle.radius, area.circle.radius) : [];
    default:
      return [];
  }
}

function ellipse(radiusX: number, radiusY: number): Point[] {
  return Array.from({ length: CORNERS_OF_A_CIRCLE }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS_OF_A_CIRCLE;
    return [radiusX * Math.cos(angle), radiusY * Math.sin(angle)];
  });
}
