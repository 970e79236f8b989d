/** Puts work into BullMQ. A failure here is never the caller's: the outbox row stands, and its poller comes. */
import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  DOCUMENT_PRIORITY,
  JOBS_KEPT,
  type JobKind,
  type JobPayload,
  jobId,
  QUEUE_NAMES,
  QUEUE_PREFIX,
  type QueueName,
} from './queues.ts';

/** More than any order can use before its time is over; the delay between them grows to a few seconds. */
const ATTEMPTS_MAX = 100_000;

export class JobQueues {
  readonly #queues = new Map<QueueName, Queue>();

  /** @param connection a command client where requests wait for it, so that nothing piles up without Redis. */
  constructor(connection: Redis) {
    for (const name of new Set(Object.values(QUEUE_NAMES))) {
      const queue = new Queue(name, {
        prefix: QUEUE_PREFIX,
        connection,
        skipMetasUpdate: true,
        defaultJobOptions: {
          attempts: ATTEMPTS_MAX,
          backoff: { type: 'usher' },
          removeOnComplete: { count: JOBS_KEPT.completed },
          removeOnFail: { count: JOBS_KEPT.failed },
        },
      });
      // Without a listener an error event ends the process; the connection logs its own losses.
      queue.on('error', () => {});
      this.#queues.set(name, queue);
    }
  }

  #queue(kind: JobKind): Queue {
    return this.#queues.get(QUEUE_NAMES[kind])!;
  }

  /** Adds the job unless it is there. Rejects where Redis does not answer within `waitMs`. */
  async add(kind: JobKind, payload: JobPayload, waitMs = 300): Promise<void> {
    await within(waitMs, this.#queue(kind).add(kind, payload, this.#options(kind, payload)));
  }

  /** A document that somebody waits for goes first, and its job leaves no trace: it may be wanted again. */
  #options(kind: JobKind, { orderId, documentId }: JobPayload): JobsOptions {
    if (documentId !== undefined) {
      const traceless = { removeOnComplete: true, removeOnFail: true };
      return { jobId: `wanted-${documentId}`, priority: DOCUMENT_PRIORITY.wanted, ...traceless };
    }
    const priority = kind === 'issue-tickets' ? { priority: DOCUMENT_PRIORITY.routine } : {};
    return { jobId: jobId(kind, orderId), ...priority };
  }

  /** The same, where a finished job of that id must not stand in the way. */
  async addAgain(kind: JobKind, payload: JobPayload, waitMs = 1_000): Promise<void> {
    const queue = this.#queue(kind);
    const job = await within(waitMs, queue.getJob(jobId(kind, payload.orderId)));
    if (job && ((await job.isCompleted()) || (await job.isFailed()))) await job.remove().catch(() => {});
    await this.add(kind, payload, waitMs);
  }

  /** Jobs by state, for the metrics. */
  async counts(kind: JobKind): Promise<Record<string, number>> {
    return within(
      1_000,
      this.#queue(kind).getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
  }
}

/** BullMQ's clients wait for ever for a lost Redis; whoever serves a request cannot. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`The queue did not answer within ${ms} ms.`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
