/** Puts a question of a socket to Redis and sends the answer. */
import type { EventStore } from '../../db/event-store.ts';
import { extendHold } from '../../lua/extend-hold.ts';
import { type BestRequest, holdBest } from '../../lua/hold-best.ts';
import type { HoldDenial, HoldReply } from '../../lua/hold-reply.ts';
import { holdSeats } from '../../lua/hold-seats.ts';
import { releaseHold } from '../../lua/release-hold.ts';
import { UsherError } from '../../shared/domain/errors.ts';
import { type HoldId, randomId } from '../../shared/domain/ids.ts';
import type { HoldDeniedCode } from '../../shared/protocol/server-messages.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';
import { type Effect, errorMessage } from './handle-message.ts';
import type { SeatsMetrics } from './metrics.ts';
import type { Session } from './session.ts';

export type AnswerDeps = {
  readonly redis: RedisClient;
  readonly store: EventStore;
  readonly log: Logger;
  readonly metrics: SeatsMetrics;
};

type Question = Extract<Effect, { kind: 'ask' }>['question'];

/** The words of the socket for what the scripts say; the rest is an `error`. */
const DENIED: Partial<Record<HoldDenial, HoldDeniedCode>> = {
  seats_taken: 'seats_taken',
  over_limit: 'over_limit',
  not_on_sale: 'not_on_sale',
  unknown_seat: 'unknown_seat',
  no_adjacent_seats: 'no_adjacent_seats',
  sold_out: 'no_adjacent_seats',
};

/** Never throws: whatever happens, the question is answered. */
export async function answerQuestion(deps: AnswerDeps, session: Session, question: Question): Promise<void> {
  const isHold = question.type === 'hold' || question.type === 'hold_best';
  try {
    if (isHold) await answerHold(deps, session, question);
    else await answerChange(deps, session, question);
  } catch (error) {
    const known = error instanceof UsherError ? error : undefined;
    if (known === undefined) deps.log.error({ err: error, question: question.type }, 'a question failed');
    deps.metrics.holds.inc({ outcome: known?.code ?? 'internal' });
    if (isHold) session.send({ type: 'hold_denied', ref: question.ref, code: 'unavailable' });
    else session.send(errorMessage(known?.code ?? 'internal', question.ref));
  }
}

async function answerHold(
  deps: AnswerDeps,
  session: Session,
  question: Extract<Question, { type: 'hold' | 'hold_best' }>,
): Promise<void> {
  const { eventId, visitorId, admissionId } = session.facts;
  const existing = question.type === 'hold' ? question.holdId : undefined;
  const holdId = existing ?? randomId();
  let ask: () => Promise<HoldReply>;
  if (question.type === 'hold') {
    const { seats } = question;
    ask = () =>
      holdSeats(deps.redis, eventId, { holdId, visitorId, admissionId, seats, add: existing !== undefined });
  } else {
    const wish = await bestWish(deps.store, session, question);
    if (wish === undefined) {
      session.send(errorMessage('bad_request', question.ref, 'There is no such section or category.'));
      return;
    }
    ask = () => holdBest(deps.redis, eventId, { holdId, visitorId, admissionId, ...wish });
  }
  const reply = await withEcho(
    session,
    holdId,
    () => deps.store.runTwice(eventId, ask),
    (each) => each.granted && !each.again,
  );
  deps.metrics.holds.inc({ outcome: reply.granted ? 'granted' : reply.code });
  if (reply.granted) {
    const { seats, expiresAtMs } = reply;
    session.send({ type: 'hold_granted', ref: question.ref, holdId, seats, expiresAtMs });
    return;
  }
  const code = DENIED[reply.code];
  if (code === undefined) session.send(errorMessage(reply.code, question.ref));
  else
    session.send({
      type: 'hold_denied',
      ref: question.ref,
      code,
      ...(reply.taken ? { taken: reply.taken } : {}),
    });
}

async function answerChange(
  deps: AnswerDeps,
  session: Session,
  question: Extract<Question, { type: 'extend' | 'release' }>,
): Promise<void> {
  const { eventId, visitorId } = session.facts;
  const { holdId, ref } = question;
  if (question.type === 'extend') {
    const reply = await withEcho(
      session,
      holdId,
      () => deps.store.run(eventId, () => extendHold(deps.redis, eventId, { holdId, visitorId })),
      (each) => each.extended,
    );
    if (!reply.extended) session.send(errorMessage(reply.code, ref));
    else
      session.send({ type: 'hold_granted', ref, holdId, seats: reply.seats, expiresAtMs: reply.expiresAtMs });
    return;
  }
  const wanted = question.seats ? { holdId, visitorId, seats: question.seats } : { holdId, visitorId };
  const reply = await withEcho(
    session,
    holdId,
    () => deps.store.run(eventId, () => releaseHold(deps.redis, eventId, wanted)),
    (each) => each.released && each.seats.length > 0,
  );
  if (!reply.released) session.send(errorMessage(reply.code, ref));
  else session.send({ type: 'hold_ended', ref, holdId, seats: reply.seats, reason: 'released' });
}

/**
 * Runs a change whose entry in the feed is not to be told to this socket a second time. The entry may arrive
 * before the reply, so the echo is expected before the question is put, and no longer where nothing changed.
 */
async function withEcho<T>(
  session: Session,
  holdId: HoldId,
  ask: () => Promise<T>,
  changed: (reply: T) => boolean,
): Promise<T> {
  session.expectEcho(holdId);
  let told = false;
  try {
    const reply = await ask();
    told = changed(reply);
    return reply;
  } finally {
    if (!told) session.takeEcho(holdId);
  }
}

async function bestWish(
  store: EventStore,
  session: Session,
  question: Extract<Question, { type: 'hold_best' }>,
): Promise<Pick<BestRequest, 'count' | 'sectionIndex' | 'categoryIndex' | 'accessible'> | undefined> {
  const { plan } = await store.get(session.facts.eventId);
  const { count, sectionId, categoryId, accessible = false } = question;
  const sectionIndex = sectionId === undefined ? -1 : plan.sections.findIndex(({ id }) => id === sectionId);
  const categoryIndex =
    categoryId === undefined ? -1 : plan.categories.findIndex(({ id }) => id === categoryId);
  if ((sectionId !== undefined && sectionIndex < 0) || (categoryId !== undefined && categoryIndex < 0))
    return undefined;
  return { count, sectionIndex, categoryIndex, accessible };
}
