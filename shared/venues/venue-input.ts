/**
 * Every way to say what the house is, told apart by its looks: a template's name and size, pretix
 * seating-plan JSON, CSV text, or a plan of our own that came out of an import.
 */

import type { Plan } from '../domain/plan.ts';
import { isPriceMinor, withCategories } from './categories.ts';
import { checkPlan } from './check-plan.ts';
import { importCsvPlan } from './csv/import-csv-plan.ts';
import { type Fault, FaultList, type PlanResult, refuse } from './fault.ts';
import { DEFAULT_CURRENCY, type ImportOptions } from './import-options.ts';
import { type PlanOfSchema, planValidator } from './plan-schema.ts';
import { importPretixPlan } from './pretix/import-pretix-plan.ts';
import { schemaFaults } from './schema-faults.ts';
import { planFromTemplate } from './templates/plan-from-template.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The plan, or every fault of it. `input` is one of
 * - `{ template, seats?, name?, currency? }`,
 * - a pretix plan, or `{ pretix, ...options }`,
 * - CSV text, or `{ csv, ...options }`,
 * - a ready plan, or `{ plan }`,
 * - any of these as JSON text;
 *
 * options are `name`, `currency` and `defaultPriceMinor`. `categories` are the operator's own: see
 * `withCategories`. Never throws for what is in them.
 */
export function planFromVenue(input: unknown, categories?: unknown): PlanResult {
  if (typeof input === 'string') return planFromText(input, categories);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return unknownVenue();
  const venue = input as Fields;
  const made = planFromFields(venue);
  return 'faults' in made ? made : withCategories(made.plan, categories ?? ownCategories(venue));
}

function planFromText(text: string, categories: unknown): PlanResult {
  if (!/^\uFEFF?\s*[{[]/.test(text)) return planFromVenue({ csv: text }, categories);
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return refuse('', 'json_invalid', 'the text begins like JSON and is not');
  }
  return planFromVenue(json, categories);
}

function planFromFields(venue: Fields): PlanResult {
  if ('template' in venue) {
    const read = readOptions(venue, ['template', 'seats', 'name', 'currency', 'categories']);
    if ('faults' in read) return read;
    const { name, currency = DEFAULT_CURRENCY } = read.options;
    const { template, seats } = venue;
    return planFromTemplate({ template, seats, currency, ...(name !== undefined && { name }) });
  }
  if ('csv' in venue) {
    const read = readOptions(venue, ['csv', ...OPTION_NAMES]);
    if ('faults' in read) return read;
    if (typeof venue.csv !== 'string') return refuse('/csv', 'wrong_type', 'csv must be text');
    return importCsvPlan(venue.csv, read.options);
  }
  if ('pretix' in venue) {
    const read = readOptions(venue, ['pretix', ...OPTION_NAMES]);
    return 'faults' in read ? read : importPretixPlan(venue.pretix, read.options);
  }
  if ('plan' in venue) return readyPlan(venue.plan);
  if ('zones' in venue) return importPretixPlan(venue);
  if ('sections' in venue) return readyPlan(venue);
  return unknownVenue();
}

function readyPlan(value: unknown): PlanResult {
  const misshapen = schemaFaults(planValidator, value);
  if (misshapen.length > 0) return { faults: misshapen };
  // Does not compile when the schema and the type part ways.
  const plan: Plan = value as PlanOfSchema;
  const faults = checkPlan(plan);
  return faults.length > 0 ? { faults } : { plan };
}

/** A wrapper's own; those inside a pretix or a ready plan are the plan's and stay what they are. */
function ownCategories(venue: Fields): unknown {
  return 'template' in venue || 'csv' in venue || 'pretix' in venue ? venue.categories : undefined;
}

const OPTION_NAMES = ['name', 'currency', 'defaultPriceMinor', 'categories'];

function readOptions(
  venue: Fields,
  known: readonly string[],
): { options: ImportOptions } | { faults: readonly Fault[] } {
  const faults = new FaultList();
  for (const key of Object.keys(venue)) {
    if (!known.includes(key)) faults.add(`/${key}`, 'unknown_property', `a venue has no ${key}`);
  }
  const { name, currency, defaultPriceMinor } = venue;
  if (name !== undefined && !(typeof name === 'string' && name.trim() !== '' && name.length <= 200)) {
    faults.add('/name', 'name_invalid', 'a name is a text of 1 to 200 characters');
  }
  if (currency !== undefined && !(typeof currency === 'string' && /^[A-Z]{3}$/.test(currency))) {
    faults.add('/currency', 'currency_invalid', 'the currency must be an ISO 4217 code such as EUR');
  }
  if (defaultPriceMinor !== undefined && !isPriceMinor(defaultPriceMinor)) {
    faults.add('/defaultPriceMinor', 'price_invalid', 'a price is an integer of minor units, 0 or above');
  }
  if (faults.count > 0) return { faults: faults.list() };
  return {
    options: {
      ...(name !== undefined && { name: name as string }),
      ...(currency !== undefined && { currency: currency as string }),
      ...(defaultPriceMinor !== undefined && { defaultPriceMinor: defaultPriceMinor as number }),
    },
  };
}

function unknownVenue(): PlanResult {
  const message = 'a venue is a template with seats, pretix seating-plan JSON, CSV text or a ready plan';
  return refuse('', 'unknown_venue', message);
}
