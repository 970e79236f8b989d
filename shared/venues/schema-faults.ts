/** A TypeBox validator's errors as faults: every one of them, each with one code of ours. */

import type { TSchema } from 'typebox';
import type { Validator } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { FAULTS_MAX, type Fault, FaultList } from './fault.ts';

type SchemaError = { readonly keyword: string; readonly instancePath: string; readonly message: string };

const CODES: Readonly<Record<string, string>> = {
  type: 'wrong_type',
  required: 'missing',
  enum: 'unknown_value',
  const: 'unknown_value',
  pattern: 'wrong_form',
  // How TypeBox reports one property that a closed object does not know.
  boolean: 'unknown_property',
};

/** Errors of a whole that only repeat what is said of its parts. */
const SUMMARIES: ReadonlySet<string> = new Set(['additionalProperties', 'if', 'anyOf']);

/** Empty when the value fits the schema. */
export function schemaFaults(
  validator: Validator<Record<never, never>, TSchema>,
  value: unknown,
): readonly Fault[] {
  if (validator.Check(value)) return [];
  const faults = new FaultList();
  for (const error of allErrors(() => validator.Errors(value))) {
    if (SUMMARIES.has(error.keyword)) continue;
    if (error.keyword === 'required') {
      const { requiredProperties } = (error as unknown as { params: { requiredProperties: string[] } })
        .params;
      for (const name of requiredProperties) {
        faults.add(`${error.instancePath}/${name}`, 'missing', `${name} is required`);
      }
      continue;
    }
    const at = valueAt(value, error.instancePath);
    if (typeof at === 'number' && !Number.isFinite(at)) {
      faults.add(error.instancePath, 'not_finite', 'must be a finite number');
    } else if (error.keyword === 'boolean') {
      faults.add(error.instancePath, 'unknown_property', 'there is no such property');
    } else {
      faults.add(error.instancePath, CODES[error.keyword] ?? 'out_of_range', error.message);
    }
  }
  return faults.list();
}

/**
 * TypeBox stops at eight errors for the whole process. The limit is raised for one call only: nothing
 * else runs in between, and others of the process (Fastify) keep their short answers.
 */
function allErrors(find: () => readonly SchemaError[]): readonly SchemaError[] {
  const before = Settings.Get().maxErrors;
  Settings.Set({ maxErrors: 2 * FAULTS_MAX });
  try {
    return find();
  } finally {
    Settings.Set({ maxErrors: before });
  }
}

function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const step of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}
