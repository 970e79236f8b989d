/** One pool of places that are all alike: a festival field, a museum's time slot. */

import type { Category, Plan } from '../../domain/plan.ts';
import { assemblePlan } from '../assemble-plan.ts';
import { rectangle, type TemplateNaming } from './sketch.ts';

export const GENERAL_CATEGORIES: readonly Category[] = [
  { id: 'general', name: 'General admission', color: '#1c7ed6', priceMinor: 4_900 },
];

/** A plan of exactly `seats` places, 1 to 100,000. */
export function general(seats: number, naming: TemplateNaming): Plan {
  return assemblePlan({
    name: naming.name ?? 'General admission',
    currency: naming.currency,
    focus: [0, -150],
    categories: GENERAL_CATEGORIES,
    sections: [
      {
        kind: 'general',
        id: 'general',
        name: 'General admission',
        outline: rectangle(-400, -120, 400, 380),
        labelAt: [0, 130],
        categoryId: 'general',
        capacity: seats,
      },
    ],
    fixtures: [{ kind: 'stage', text: 'Stage', outline: rectangle(-240, -280, 240, -150), at: [0, -215] }],
  });
}
