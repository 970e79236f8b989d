/** What a seat is called, found in the plan without laying it out for drawing. */
import type { Plan } from '../../../../shared/domain/plan.ts';

export type SeatName = {
  readonly section: string;
  readonly row?: string;
  readonly seat?: string;
  readonly color: string;
};

/** A function from a seat's index to its name. */
export function seatFinder(plan: Plan): (index: number) => SeatName | undefined {
  const colors = new Map(plan.categories.map(({ id, color }) => [id, color]));
  return (index) => {
    for (const section of plan.sections) {
      if (section.kind === 'general') {
        if (index < section.firstIndex || index >= section.firstIndex + section.capacity) continue;
        return { section: section.name, color: colors.get(section.categoryId) ?? '' };
      }
      for (const row of section.rows) {
        const seat = row.seats.find((candidate) => candidate.index === index);
        if (seat === undefined) continue;
        const color = colors.get(seat.categoryId) ?? '';
        return { section: section.name, row: row.label, seat: seat.label, color };
      }
    }
    return undefined;
  };
}
