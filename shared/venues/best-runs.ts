/**
 * Runs of seats side by side, best first. The script that picks seats walks this list and takes the first
 * run with enough free seats in a row; so what "adjacent" and "best" mean is decided here, once per plan,
 * and not for each buyer.
 */

import type { GeneralSection, Plan, Point, Seat, SeatedSection } from '../domain/plan.ts';

/** Seats with consecutive indices that are physical neighbours and alike. */
export type Run = {
  readonly first: number;
  readonly count: number;
  /** Into `plan.sections` and `plan.categories`. */
  readonly sectionIndex: number;
  readonly categoryIndex: number;
  /** Wheelchair spaces and companions' seats: only for those who ask for them. */
  readonly accessible: boolean;
  /** Offered after everything else of the kind. */
  readonly restricted: boolean;
};

/** Places of a general section in one run: as many as one search may look at without hurting the others. */
export const GENERAL_RUN_MAX = 100;

type RankedRun = Run & { readonly distance: number };

/**
 * Every seat of the plan is in exactly one run. Ordinary runs come first, then those with a restricted
 * view, then accessible ones; within each, those whose middle is nearest to `plan.focus`, and of equals
 * the one with the lower index. The plan must be without faults (`checkPlan`).
 */
export function bestRuns(plan: Plan): Run[] {
  const categoryIndex = new Map(plan.categories.map((category, i) => [category.id, i]));
  const ranked: RankedRun[] = [];
  for (const [sectionIndex, section] of plan.sections.entries()) {
    const found =
      section.kind === 'general'
        ? generalRuns(section, sectionIndex, plan.focus, categoryIndex)
        : seatedRuns(section, sectionIndex, plan.focus, categoryIndex);
    for (const run of found) ranked.push(run);
  }
  return ranked
    .sort((a, b) => rank(a) - rank(b) || a.distance - b.distance || a.first - b.first)
    .map(({ distance: _, ...run }) => run);
}

function rank(run: Run): number {
  return run.accessible ? 2 : run.restricted ? 1 : 0;
}

function seatedRuns(
  section: SeatedSection,
  sectionIndex: number,
  focus: Point,
  categoryIndex: ReadonlyMap<string, number>,
): RankedRun[] {
  const runs: RankedRun[] = [];
  for (const { seats } of section.rows) {
    let start = 0;
    for (let i = 1; i <= seats.length; i += 1) {
      const seat = seats[i];
      if (seat !== undefined && continues(seats[i - 1]!, seat)) continue;
      const first = seats[start]!;
      const last = seats[i - 1]!;
      const middle: Point = [(first.x + last.x) / 2, (first.y + last.y) / 2];
      runs.push({
        first: first.index,
        count: i - start,
        sectionIndex,
        categoryIndex: categoryIndex.get(first.categoryId)!,
        accessible: kind(first) === 'accessible',
        restricted: kind(first) === 'restricted',
        distance: distance(middle, focus),
      });
      start = i;
    }
  }
  return runs;
}

function continues(before: Seat, seat: Seat): boolean {
  return !seat.gapBefore && seat.categoryId === before.categoryId && kind(seat) === kind(before);
}

function kind(seat: Seat): 'ordinary' | 'restricted' | 'accessible' {
  if (seat.trait === undefined) return 'ordinary';
  return seat.trait === 'restricted_view' ? 'restricted' : 'accessible';
}

function generalRuns(
  section: GeneralSection,
  sectionIndex: number,
  focus: Point,
  categoryIndex: ReadonlyMap<string, number>,
): RankedRun[] {
  const runs: RankedRun[] = [];
  for (let from = 0; from < section.capacity; from += GENERAL_RUN_MAX) {
    runs.push({
      first: section.firstIndex + from,
      count: Math.min(GENERAL_RUN_MAX, section.capacity - from),
      sectionIndex,
      categoryIndex: categoryIndex.get(section.categoryId)!,
      accessible: false,
      restricted: false,
      distance: distance(section.labelAt, focus),
    });
  }
  return runs;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
