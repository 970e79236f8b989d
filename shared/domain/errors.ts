/**
 * Every error that Usher tells anybody, in one table: its HTTP status, whether the same request may succeed
 * later, how loud the log is, and what it says when nobody says it better. The code is the contract; the
 * message is for people and may change.
 */
export type ErrorKind = {
  readonly status: number;
  readonly retryable: boolean;
  readonly log: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
};

const client = (status: number, message: string, retryable = false): ErrorKind => ({
  status,
  retryable,
  log: 'debug',
  message,
});

export const ERRORS = {
  bad_request: client(400, 'The request could not be read.'),
  unknown_seat: client(400, 'The event has no such seat.'),
  bad_venue: client(400, 'The venue has faults.'),
  no_token: client(401, 'A token is wanted here.'),
  bad_token: client(401, 'The token is not one of ours, or it is no longer valid.'),
  account_required: client(401, 'This event lets accounts join: log in first.'),
  bad_login: client(401, 'The e-mail address or the password is wrong.'),
  card_declined: client(402, 'The card was declined; nothing was charged.'),
  payment_timeout: client(402, 'The payment did not come through in time; nothing was charged.'),
  wrong_token: client(403, 'The token belongs to something or somebody else.'),
  token_expired: client(403, 'The admission is over.'),
  foreign_origin: client(403, 'Pages from that origin may not connect.'),
  admission_ended: client(403, 'The admission has ended.'),
  code_required: client(403, 'This event wants an access code.'),
  bad_code: client(403, 'The access code is unknown, used up or revoked.'),
  challenge_required: client(403, 'This event wants the solution of a challenge.'),
  bad_challenge: client(403, 'The solution is wrong, too old, used, or of another event.'),
  forbidden: client(403, 'That is not yours to do.'),
  not_found: client(404, 'There is nothing here.'),
  unknown_event: client(404, 'There is no such event.'),
  unknown_hold: client(404, 'There is no such hold.'),
  unknown_order: client(404, 'There is no such order.'),
  unknown_ticket: client(404, 'There is no such ticket.'),
  no_place: client(404, 'You have no place in this line.'),
  seats_taken: client(409, 'Somebody else was faster for at least one of these seats.'),
  no_adjacent_seats: client(409, 'There are not that many seats together.'),
  over_limit: client(409, 'That would be more seats than one visitor may have.'),
  not_on_sale: client(409, 'The event is not on sale now.', true),
  sold_out: client(409, 'The event is sold out.'),
  not_called: client(409, 'It is not your turn yet.', true),
  not_drawn: client(409, 'The lobby has not been drawn yet.', true),
  already_extended: client(409, 'A hold can be extended only once.'),
  hold_paying: client(409, 'The hold is being paid for.'),
  code_taken: client(409, 'The event has this access code already.'),
  email_taken: client(409, 'There is an account with this e-mail address already.'),
  ticket_void: client(409, 'The ticket is void: its order was refunded.'),
  already_refunded: client(409, 'The order is not in a state that can be refunded.'),
  place_expired: client(410, 'The place was not claimed in time.'),
  hold_expired: client(410, 'The hold has ended.'),
  too_large: client(413, 'The request is too large.'),
  unsupported_media_type: client(415, 'The body must be JSON.'),
  idempotency_mismatch: client(422, 'This Idempotency-Key was used with another body.'),
  rate_limited: client(429, 'Too many requests; wait a little.', true),
  internal: { status: 500, retryable: true, log: 'error', message: 'Something went wrong on our side.' },
  unavailable: {
    status: 503,
    retryable: true,
    log: 'warn',
    message: 'A part of the house does not answer now; try again shortly.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An outcome that the caller is told of with its code; `details` stand in the body beside it. */
export class UsherError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>> = {}, message?: string) {
    super(message ?? ERRORS[code].message);
    this.name = 'UsherError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
