/** The header Idempotency-Key, which every call that changes something accepts. */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { UsherError } from '../../shared/domain/errors.ts';

/** Longer ones are no keys, but somebody's data. */
const KEY_CHARS_MAX = 255;

/** The request's key, or undefined where it has none. Throws `bad_request` for one that is too long or empty. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = Array.isArray(header) ? header.join(',') : header;
  if (key.trim() !== '' && key.length <= KEY_CHARS_MAX) return key;
  throw new UsherError('bad_request', {
    details: [
      { in: 'headers', path: '/idempotency-key', message: `must have 1 to ${KEY_CHARS_MAX} characters` },
    ],
  });
}

/** The same for bodies that say the same, in whatever order their fields stand. */
export function bodyHash(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
