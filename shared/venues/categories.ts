/**
 * An operator's own categories over a plan's. Entries that name a category (by `id`, or by `name` where
 * they have no id) change that category. Entries of which none names one replace the plan's categories by
 * order: the first takes the place of the first, and the last one given also of all that are left.
 */

import type { Category, Plan, Section } from '../domain/plan.ts';
import { type Fault, FaultList, type PlanResult } from './fault.ts';
import { freeId, ID_LENGTH_MAX, ID_PATTERN, idFromName } from './ids.ts';

export type CategoryOverride = {
  readonly id?: string;
  readonly name?: string;
  readonly color?: string;
  readonly priceMinor?: number;
};

/** In minor units; keeps an order of 100 seats far inside what a database integer holds. */
export const PRICE_MINOR_MAX = 10_000_000;

export const CATEGORIES_MAX = 100;

const NAME_LENGTH_MAX = 100;

const COLOR_PATTERN = /^#[0-9a-f]{6}$/i;

/** For categories that come without a colour; told apart on light and dark ground. */
export const CATEGORY_COLORS = [
  '#1c7ed6',
  '#e8590c',
  '#7048e8',
  '#0c8599',
  '#b5179e',
  '#5c940d',
  '#c92a2a',
  '#a16207',
] as const;

export function categoryColor(place: number): string {
  return CATEGORY_COLORS[place % CATEGORY_COLORS.length]!;
}

/** Whether the value is a price in minor units that Usher sells at; 0 is free. */
export function isPriceMinor(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= PRICE_MINOR_MAX;
}

/** The plan with the categories given; `undefined` leaves it as it is. Paths of faults begin with `path`. */
export function withCategories(plan: Plan, input: unknown, path = '/categories'): PlanResult {
  if (input === undefined || (Array.isArray(input) && input.length === 0)) return { plan };
  const read = readOverrides(input, path);
  if ('faults' in read) return read;
  const found = read.overrides.map((override) => plan.categories.find((c) => refersTo(override, c)));
  if (found.every((category) => category === undefined)) return { plan: replaced(plan, read.overrides) };

  const faults = new FaultList();
  const changes = new Map<string, CategoryOverride>();
  for (const [i, category] of found.entries()) {
    if (category === undefined) {
      const known = plan.categories.map((c) => c.id).join(', ');
      faults.add(`${path}/${i}`, 'unknown_category', `the plan's categories are ${known}`);
    } else if (changes.has(category.id)) {
      faults.add(`${path}/${i}`, 'duplicate_category', `${category.id} is changed twice`);
    } else changes.set(category.id, read.overrides[i]!);
  }
  if (faults.count > 0) return { faults: faults.list() };
  const categories = plan.categories.map((c) => ({ ...c, ...changes.get(c.id), id: c.id }));
  return { plan: { ...plan, categories } };
}

function refersTo(override: CategoryOverride, category: Category): boolean {
  return override.id === undefined ? override.name === category.name : override.id === category.id;
}

function replaced(plan: Plan, overrides: readonly CategoryOverride[]): Plan {
  const taken = new Set(overrides.flatMap((override) => override.id ?? []));
  const categories = overrides.map((override, i): Category => {
    const old = plan.categories[Math.min(i, plan.categories.length - 1)]!;
    const name = override.name ?? override.id ?? old.name;
    return {
      id: override.id ?? freeId(idFromName(name, `category-${i + 1}`), taken),
      name,
      color: override.color ?? plan.categories[i]?.color ?? categoryColor(i),
      priceMinor: override.priceMinor ?? old.priceMinor,
    };
  });
  const newId = new Map(
    plan.categories.map((old, i) => [old.id, categories[Math.min(i, categories.length - 1)]!.id]),
  );
  return { ...plan, categories, sections: plan.sections.map((section) => renamed(section, newId)) };
}

function renamed(section: Section, newId: ReadonlyMap<string, string>): Section {
  const rename = (id: string) => newId.get(id) ?? id;
  if (section.kind === 'general') return { ...section, categoryId: rename(section.categoryId) };
  const rows = section.rows.map((row) => ({
    ...row,
    seats: row.seats.map((seat) => ({ ...seat, categoryId: rename(seat.categoryId) })),
  }));
  return { ...section, rows };
}

/** Reads what came over the wire, naming every field that is not what it should be. */
export function readOverrides(
  input: unknown,
  path: string,
): { overrides: readonly CategoryOverride[] } | { faults: readonly Fault[] } {
  const faults = new FaultList();
  if (!Array.isArray(input)) {
    faults.add(path, 'wrong_type', 'categories must be a list');
    return { faults: faults.list() };
  }
  if (input.length > CATEGORIES_MAX) {
    faults.add(path, 'too_many_categories', `at most ${CATEGORIES_MAX} categories`);
    return { faults: faults.list() };
  }
  const ids = new Set<string>();
  const overrides: CategoryOverride[] = [];
  for (const [i, entry] of input.entries()) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      faults.add(`${path}/${i}`, 'wrong_type', 'a category must be an object');
      continue;
    }
    for (const key of Object.keys(entry)) {
      if (!Object.hasOwn(FIELDS, key)) {
        faults.add(`${path}/${i}/${key}`, 'unknown_property', `a category has no ${key}`);
      }
    }
    for (const [field, [valid, rule]] of Object.entries(FIELDS)) {
      const value = (entry as Record<string, unknown>)[field];
      if (value !== undefined && !valid(value)) {
        faults.add(
          `${path}/${i}/${field}`,
          `${FAULT_CODES[field] ?? field}_invalid`,
          `${field} must be ${rule}`,
        );
      }
    }
    const { id, name, color, priceMinor } = entry as CategoryOverride;
    if (id !== undefined && ids.has(id)) {
      faults.add(`${path}/${i}/id`, 'duplicate_category', `the id ${id} is given twice`);
    } else if (id !== undefined) ids.add(id);
    overrides.push({
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      ...(color !== undefined && { color }),
      ...(priceMinor !== undefined && { priceMinor }),
    });
  }
  return faults.count > 0 ? { faults: faults.list() } : { overrides };
}

const FAULT_CODES: Record<string, string> = { priceMinor: 'price' };

const FIELDS: Record<string, readonly [valid: (value: unknown) => boolean, rule: string]> = {
  id: [isCategoryId, `${ID_PATTERN.source} of at most ${ID_LENGTH_MAX} characters`],
  name: [isName, `a text of 1 to ${NAME_LENGTH_MAX} characters`],
  color: [isColor, 'like #1c7ed6'],
  priceMinor: [isPriceMinor, `an integer from 0 to ${PRICE_MINOR_MAX}, in minor units`],
};

/** `#rrggbb`. */
export function isColor(value: unknown): value is string {
  return typeof value === 'string' && COLOR_PATTERN.test(value);
}

function isCategoryId(value: unknown): boolean {
  return typeof value === 'string' && value.length <= ID_LENGTH_MAX && ID_PATTERN.test(value);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= NAME_LENGTH_MAX;
}
