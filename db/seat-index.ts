/** Looks up what is printed of a seat by its index. Prices come from here and never from a request. */
import { UsherError } from '../shared/domain/errors.ts';
import type { Category, Plan, Section } from '../shared/domain/plan.ts';

export type SeatDescription = {
  readonly index: number;
  readonly sectionId: string;
  readonly sectionName: string;
  readonly entrance: string | null;
  /** Null for a place of general admission. */
  readonly row: string | null;
  readonly label: string | null;
  readonly categoryId: string;
  readonly categoryName: string;
  readonly priceMinor: number;
};

type Range = {
  readonly first: number;
  readonly end: number;
  readonly section: Section;
  readonly row: {
    readonly label: string;
    readonly seats: readonly { label: string; categoryId: string }[];
  } | null;
};

export class SeatIndex {
  readonly #ranges: readonly Range[];
  readonly #categories: ReadonlyMap<string, Category>;

  constructor(plan: Plan) {
    this.#categories = new Map(plan.categories.map((category) => [category.id, category]));
    this.#ranges = plan.sections
      .flatMap((section): Range[] =>
        section.kind === 'general'
          ? [{ first: section.firstIndex, end: section.firstIndex + section.capacity, section, row: null }]
          : section.rows
              .filter((row) => row.seats.length > 0)
              .map((row) => {
                const first = row.seats[0]!.index;
                return { first, end: first + row.seats.length, section, row };
              }),
      )
      .sort((a, b) => a.first - b.first);
  }

  /** Throws UsherError `unknown_seat`. */
  at(index: number): SeatDescription {
    const range = this.#rangeOf(index);
    if (range === undefined) throw new UsherError('unknown_seat', { seat: index });
    const { section, row } = range;
    const seat = row?.seats[index - range.first] ?? null;
    const categoryId = seat?.categoryId ?? (section.kind === 'general' ? section.categoryId : '');
    const category = this.#categories.get(categoryId);
    if (category === undefined) throw new UsherError('unknown_seat', { seat: index });
    return {
      index,
      sectionId: section.id,
      sectionName: section.name,
      entrance: section.entrance ?? null,
      row: row?.label ?? null,
      label: seat?.label ?? null,
      categoryId,
      categoryName: category.name,
      priceMinor: category.priceMinor,
    };
  }

  #rangeOf(index: number): Range | undefined {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle]!;
      if (index < range.first) high = middle - 1;
      else if (index >= range.end) low = middle + 1;
      else return range;
    }
    return undefined;
  }
}
