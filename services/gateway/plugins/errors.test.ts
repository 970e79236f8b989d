import { describe, expect, it } from 'vitest';
import { EventNotLoaded } from '../../../lua/run-script.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { toUsherError } from './errors.ts';

const coded = (code: string) => Object.assign(new Error('secret host db.internal'), { code });
const wrapped = (code: string) => new Error('Failed query', { cause: coded(code) });

describe('failures', () => {
  it.each([
    ['one of ours', new UsherError('sold_out'), 'sold_out'],
    ['PostgreSQL away', wrapped('ECONNREFUSED'), 'unavailable'],
    ['PostgreSQL starting', wrapped('57P03'), 'unavailable'],
    ['PostgreSQL too slow', coded('57014'), 'unavailable'],
    ['its pool closed', coded('CONNECTION_ENDED'), 'unavailable'],
    ['Redis away', new Error('Connection is closed.'), 'unavailable'],
    ['Redis slow', new Error('Command timed out'), 'unavailable'],
    ['an event that cannot be loaded', new EventNotLoaded(7), 'unavailable'],
    ['a constraint', coded('23502'), 'internal'],
    ['a bug', new TypeError('x is not a function'), 'internal'],
    ['something thrown', 'text', 'internal'],
    ['nothing thrown', undefined, 'internal'],
    ['a refusal of Fastify', Object.assign(new Error('teapot'), { statusCode: 418 }), 'bad_request'],
  ])('ER1 %s becomes a code of the table', (_name, error, code) => {
    const ours = toUsherError(error);
    expect(ours.code).toBe(code);
    expect(JSON.stringify({ message: ours.message, ...ours.details })).not.toContain('internal.');
  });
});
