/** The houses that need no file: `{ template: 'arena', seats: 20000 }`. */

import { type Plan, SEATS_PER_EVENT_MAX } from '../../domain/plan.ts';
import { FaultList, type PlanResult } from '../fault.ts';
import { arena } from './arena.ts';
import { club } from './club.ts';
import { general } from './general.ts';
import type { TemplateNaming } from './sketch.ts';
import { theatre } from './theatre.ts';

type Template = { readonly draw: (seats: number, naming: TemplateNaming) => Plan; readonly seats: number };

/** `seats` is how many such a house has where nobody says. */
const TEMPLATES = {
  arena: { draw: arena, seats: 20_000 },
  theatre: { draw: theatre, seats: 1_500 },
  club: { draw: club, seats: 800 },
  general: { draw: general, seats: 10_000 },
} as const satisfies Record<string, Template>;

export type TemplateName = keyof typeof TEMPLATES;

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];

/** What `venue` may hold for a template; the names of the rest are checked by `planFromVenue`. */
export type TemplateRequest = {
  readonly template: unknown;
  readonly seats?: unknown;
  readonly name?: string;
  readonly currency: string;
};

/** A plan with exactly the seats asked for. Faults: `unknown_template`, `seats_out_of_range`. */
export function planFromTemplate(request: TemplateRequest): PlanResult {
  const faults = new FaultList();
  const template = isTemplateName(request.template) ? TEMPLATES[request.template] : null;
  if (template === null) {
    faults.add('/template', 'unknown_template', `the templates are ${TEMPLATE_NAMES.join(', ')}`);
  }
  const seats = request.seats ?? template?.seats ?? 1;
  if (!isSeatCount(seats)) {
    faults.add('/seats', 'seats_out_of_range', `seats must be an integer from 1 to ${SEATS_PER_EVENT_MAX}`);
  }
  if (template === null || !isSeatCount(seats)) return { faults: faults.list() };
  const { name, currency } = request;
  return { plan: template.draw(seats, { currency, ...(name !== undefined && { name }) }) };
}

function isTemplateName(value: unknown): value is TemplateName {
  return typeof value === 'string' && Object.hasOwn(TEMPLATES, value);
}

function isSeatCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= SEATS_PER_EVENT_MAX;
}
