/**
 * The work that is promised by an outbox row and hurried along by BullMQ: names, payloads, ids. The gateway
 * puts orders in, the checkout service works everything off.
 *
 * A job's id says what it does for which order, so that adding it twice is adding it once.
 */
import Type from 'typebox';
import { Check } from 'typebox/value';

/** In braces, so that all of BullMQ's keys share a slot in a Redis Cluster. */
export const QUEUE_PREFIX = '{usher}';

/** The kinds of the outbox, and the queue of each. Whatever moves money shares one. */
export const QUEUE_NAMES = {
  order: 'orders',
  refund: 'orders',
  'issue-tickets': 'tickets',
  mail: 'mails',
} as const;
export type JobKind = keyof typeof QUEUE_NAMES;
export const JOB_KINDS = Object.keys(QUEUE_NAMES) as JobKind[];

export type QueueName = (typeof QUEUE_NAMES)[JobKind];

const ID_PREFIXES = {
  order: 'order',
  refund: 'refund',
  'issue-tickets': 'tickets',
  mail: 'mail',
} as const satisfies Record<JobKind, string>;

const uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });

/** What every job says. `documentId` is set where somebody waits for one ticket's own document. */
export const JobPayload = Type.Object({ orderId: uuid, documentId: Type.Optional(uuid) });
export type JobPayload = Type.Static<typeof JobPayload>;

/** The id of an order's job. */
export function jobId(kind: JobKind, orderId: string): string {
  return `${ID_PREFIXES[kind]}-${orderId}`;
}

/** The payload as it should be. Throws on anything else: a job of another version does nothing by halves. */
export function parsePayload(data: unknown): JobPayload {
  if (!Check(JobPayload, data)) throw new Error('The job has a payload of another kind.');
  return data;
}

/** Lower goes first. A person who waits for a document is ahead of documents that nobody asked for yet. */
export const DOCUMENT_PRIORITY = { wanted: 1, routine: 10 } as const;

/** BullMQ keeps this many finished jobs for people who look at queues; the truth is in PostgreSQL. */
export const JOBS_KEPT = { completed: 1_000, failed: 1_000 } as const;
