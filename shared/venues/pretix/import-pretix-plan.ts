/**
 * Reads a seating plan made with pretix's editor. A zone becomes a section; rows of one number in a zone
 * (the left and the right half, say) become one row with a gap. The order of the file is kept, so that
 * consecutive seats are those that the editor drew one after the other. Prices are not in such a plan.
 */

import type { Category, Plan, Point } from '../../domain/plan.ts';
import { assemblePlan, type LooseRow, type LooseSeat, type LooseSection } from '../assemble-plan.ts';
import { categoryColor, isColor, withCategories } from '../categories.ts';
import { checkPlan } from '../check-plan.ts';
import { FaultList, type PlanResult } from '../fault.ts';
import { freeId, idFromName } from '../ids.ts';
import { DEFAULT_CURRENCY, DEFAULT_PRICE_MINOR, type ImportOptions } from '../import-options.ts';
import { schemaFaults } from '../schema-faults.ts';
import { scaleFor, topMiddle, usualPitch, withGaps } from '../spacing.ts';
import { checkPretixPlan } from './check-pretix-plan.ts';
import { fixtureOf } from './pretix-areas.ts';
import { type PretixPlan, type PretixZone, pretixPlanValidator } from './pretix-plan.ts';
import { zoneName } from './zone-name.ts';

/** The plan, or every fault of the document. `json` is what `JSON.parse` gave. */
export function importPretixPlan(json: unknown, options: ImportOptions = {}): PlanResult {
  const faults = new FaultList();
  faults.addAll(schemaFaults(pretixPlanValidator, json));
  faults.addAll(checkPretixPlan(json));
  if (faults.count > 0) return { faults: faults.list() };
  const plan = planOf(json as PretixPlan, options);
  const left = checkPlan(plan);
  return left.length > 0 ? { faults: left } : withCategories(plan, options.categories);
}

function planOf(source: PretixPlan, options: ImportOptions): Plan {
  const categories = categoriesOf(source, options.defaultPriceMinor ?? DEFAULT_PRICE_MINOR);
  const idOf = new Map(source.categories.map(({ name }, i) => [name, categories[i]!.id]));
  const zoneRows = source.zones.map((zone) => rowsOf(zone, idOf));
  const pitch = usualPitch(zoneRows.flat());
  const scale = scaleFor(pitch);
  const scaled = ([x, y]: Point): Point => [x * scale, y * scale];

  const taken = new Set<string>();
  const sections = source.zones.map((zone, i): LooseSection => {
    const name = zoneName(zone, i);
    const rows = zoneRows[i]!.map((row) => {
      const seats = withGaps(row, pitch).seats;
      return { ...row, seats: seats.map((seat) => ({ ...seat, x: seat.x * scale, y: seat.y * scale })) };
    });
    return { kind: 'seated', id: freeId(idFromName(name, `zone-${i + 1}`), taken), name, rows };
  });
  const fixtures = source.zones
    .flatMap((zone) => (zone.areas ?? []).map((area) => fixtureOf(area, zone.position)))
    .filter((fixture) => fixture !== null)
    .map((fixture) => ({
      ...fixture,
      ...(fixture.outline && { outline: fixture.outline.map(scaled) }),
      ...(fixture.at && { at: scaled(fixture.at) }),
    }));

  const seats = sections.flatMap((s) => (s.kind === 'seated' ? s.rows.flatMap((row) => row.seats) : []));
  const stage = fixtures.find((fixture) => fixture.kind === 'stage');
  return assemblePlan({
    name: options.name ?? (source.name.trim() || 'Imported plan'),
    currency: options.currency ?? DEFAULT_CURRENCY,
    focus: focusOf(stage?.outline ?? (stage?.at && [stage.at]), seats),
    categories,
    sections,
    fixtures,
  });
}

function categoriesOf(source: PretixPlan, priceMinor: number): Category[] {
  const taken = new Set<string>();
  return source.categories.map(({ name, color }, i) => ({
    id: freeId(idFromName(name, `category-${i + 1}`), taken),
    name,
    color: hexColor(color) ?? categoryColor(i),
    priceMinor,
  }));
}

/** `#abc` and `#aabbcc` are taken over; colours by name are not. */
function hexColor(color: string | undefined): string | null {
  const long = color?.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
  return isColor(long) ? long.toLowerCase() : null;
}

/** Seats stand relative to their row, rows relative to their zone. */
function rowsOf(zone: PretixZone, idOf: ReadonlyMap<string, string>): LooseRow[] {
  const rows = new Map<string, LooseSeat[]>();
  for (const row of zone.rows) {
    const x = zone.position.x + (row.position?.x ?? 0);
    const y = zone.position.y + (row.position?.y ?? 0);
    const seats = rows.get(row.row_number) ?? [];
    rows.set(row.row_number, seats);
    for (const [i, seat] of row.seats.entries()) {
      const begins = i === 0 && seats.length > 0;
      seats.push({
        label: seat.seat_number,
        x: x + seat.position.x,
        y: y + seat.position.y,
        categoryId: idOf.get(seat.category)!,
        ...(begins && { gapBefore: true as const }),
      });
    }
  }
  return Array.from(rows, ([label, seats]) => ({ label, seats }));
}

/** The point of the stage (its bounding box) that is nearest to the middle of the house. */
function focusOf(stage: readonly Point[] | undefined, seats: readonly LooseSeat[]): Point {
  if (stage === undefined) return topMiddle(seats);
  const nearest = (axis: 0 | 1, middle: number) => {
    const values = stage.map((point) => point[axis]);
    return Math.min(Math.max(middle, Math.min(...values)), Math.max(...values));
  };
  const sum = (of: (seat: LooseSeat) => number) => seats.reduce((total, seat) => total + of(seat), 0);
  return [nearest(0, sum((s) => s.x) / seats.length), nearest(1, sum((s) => s.y) / seats.length)];
}
