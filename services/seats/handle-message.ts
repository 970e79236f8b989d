/**
 * What a message makes the service do, as a pure function: the message in, effects out. Reading, limits and
 * answers to faults are all here; Redis is not.
 */
import { Compile } from 'typebox/compile';
import { ERRORS, type ErrorCode } from '../../shared/domain/errors.ts';
import { ClientMessage } from '../../shared/protocol/client-messages.ts';
import { CLOSE } from '../../shared/protocol/close-codes.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';

export type Effect =
  | { readonly kind: 'send'; readonly message: ServerMessage }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'resync' }
  /** Something that Redis decides. */
  | {
      readonly kind: 'ask';
      readonly question: Extract<ClientMessage, { type: 'hold' | 'hold_best' | 'extend' | 'release' }>;
    };

/** What the function needs to know of the socket, and may count on it. */
export type MessageContext = {
  /** Takes one from the socket's budget of messages. */
  takeMessage(): boolean;
  /** Takes one from the visitor's budget of hold attempts. */
  takeHoldAttempt(): boolean;
  unreadable: number;
};

/** So many messages that cannot be read are no accident. */
export const UNREADABLE_MAX = 10;

const checker = Compile(ClientMessage);

/** The effects of one message, given as the text of its frame; undefined stands for a binary frame. */
export function handleMessage(context: MessageContext, text: string | undefined): Effect[] {
  if (!context.takeMessage()) {
    return [{ kind: 'close', code: CLOSE.tooMany, reason: 'too many messages' }];
  }
  let value: unknown;
  try {
    value = text === undefined ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!checker.Check(value)) return unreadable(context, value);
  const message: ClientMessage = value;
  switch (message.type) {
    case 'ping':
      return [{ kind: 'send', message: { type: 'pong', ref: message.ref } }];
    case 'resync':
      return [{ kind: 'resync' }];
    case 'hold':
    case 'hold_best':
      return context.takeHoldAttempt()
        ? [{ kind: 'ask', question: message }]
        : [{ kind: 'send', message: { type: 'hold_denied', ref: message.ref, code: 'rate_limited' } }];
    case 'extend':
    case 'release':
      return [{ kind: 'ask', question: message }];
  }
}

function unreadable(context: MessageContext, value: unknown): Effect[] {
  context.unreadable += 1;
  if (context.unreadable > UNREADABLE_MAX) {
    return [{ kind: 'close', code: CLOSE.misuse, reason: 'too many unreadable messages' }];
  }
  const first = checker.Errors(value)[0];
  const why =
    value === undefined ? 'It is not a JSON text.' : `${first?.instancePath ?? ''} ${first?.message ?? ''}`;
  const ref = (value as { ref?: unknown } | null | undefined)?.ref;
  return [
    { kind: 'send', message: errorMessage('bad_request', ref, `The message could not be read. ${why}`) },
  ];
}

/** An `error` message of the table, for a question where that had a number. */
export function errorMessage(
  code: ErrorCode,
  ref?: unknown,
  message: string = ERRORS[code].message,
): ServerMessage {
  const known = typeof ref === 'number' && Number.isSafeInteger(ref) && ref >= 0;
  return { type: 'error', ...(known ? { ref } : {}), code, message };
}
