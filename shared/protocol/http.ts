/**
 * The HTTP bodies that the gateway answers with, as types for the page, the load tests and the tests. The
 * gateway's route schemas are checked against them by the compiler; the OpenAPI document is made from those.
 */
import type { DrawRecord } from '../domain/draw/draw.ts';
import type { OwnPlaceProof } from '../domain/draw/verify.ts';
import type { Access, OnSaleState } from '../domain/on-sale.ts';
import type { OrderFailure, OrderStatus } from '../domain/order.ts';
import type { BoardSegment, Place } from '../domain/place.ts';
import type { Plan } from '../domain/plan.ts';
import type { SeatCounts } from '../domain/seat.ts';

export type EventSummary = {
  readonly eventId: number;
  readonly name: string;
  readonly venue: string;
  readonly startsAtMs: number;
  readonly currency: string;
  /** Lowest and highest price of a category. */
  readonly priceMinor: { readonly min: number; readonly max: number };
  readonly status: OnSaleState;
  readonly opensAtMs: number | null;
  readonly seats: SeatCounts;
  readonly line: { readonly waiting: number; readonly inside: number };
};

export type EventList = { readonly events: readonly EventSummary[]; readonly nextCursor: string | null };

export type EventDetails = EventSummary & {
  readonly onSale: {
    readonly state: OnSaleState;
    readonly lobbyOpensAtMs: number | null;
    readonly opensAtMs: number | null;
    /** From then on those with a code may come in; null where there is no presale. */
    readonly presaleOpensAtMs: number | null;
    readonly waitingRoom: 'on' | 'off';
    /** What joining asks for. */
    readonly access: Access;
    /** On: joining wants the solution of a challenge. */
    readonly challenge: 'off' | 'on';
    readonly capacity: number;
    readonly ratePerMinute: number;
    readonly admissionMs: number;
    readonly claimMs: number;
    readonly holdMs: number;
    readonly paymentMs: number;
    readonly seatsPerVisitorMax: number;
    readonly message: string;
  };
};

export type SeatMap = Plan & { readonly eventId: number };

export type SeatStatus = { readonly epoch: number; readonly offset: number; readonly states: string };

/** What comes along when somebody joins; all of it only where the event asks for it. */
export type JoinRequest = {
  readonly code?: string;
  /** What `solveChallenge` gave. */
  readonly challenge?: string;
};

/** ALTCHA's challenge, signed by the house. */
export type Challenge = {
  readonly parameters: {
    readonly algorithm: string;
    readonly nonce: string;
    readonly salt: string;
    readonly cost: number;
    readonly keyLength: number;
    readonly keyPrefix: string;
    readonly keySignature?: string;
    readonly expiresAt?: number;
    readonly data?: Record<string, string | number | boolean | null>;
  };
  readonly signature?: string;
};

export type Joined = { readonly visitorToken: string; readonly place: Place };

/** The draw of the lobby: before the opening the promise, after it everything. */
export type DrawView =
  | { readonly state: 'committed'; readonly eventId: number; readonly commitment: string }
  | ({ readonly state: 'drawn'; readonly presentUrl: string } & DrawRecord);

/** What a visitor needs to check its own place in a draw. */
export type DrawProof = OwnPlaceProof & {
  readonly number: number;
  readonly receipt: string;
  readonly presentCount: number;
};

export type Board = {
  readonly state: OnSaleState;
  readonly opensAtMs: number | null;
  readonly waiting: number;
  readonly inside: number;
  readonly capacity: number;
  readonly ratePerMinute: number;
  readonly calledThrough: number;
  readonly segments: readonly BoardSegment[];
  readonly availableSeats: number;
  readonly message: string;
  readonly updatedAtMs: number;
};

export type Admission = {
  readonly admissionToken: string;
  readonly admissionId: string;
  readonly expiresAtMs: number;
  /** `ws://host:8081/events/7`. */
  readonly seatsUrl: string;
};

export type HoldAnswer = {
  readonly holdId: string;
  readonly seats: readonly number[];
  readonly expiresAtMs: number;
};

export type OrderAccepted = {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly amountMinor: number;
  readonly currency: string;
};

export type TicketView = { readonly ticketId: string; readonly seat: number; readonly pdfUrl: string };

export type OrderView = OrderAccepted & {
  readonly eventId: number;
  readonly failure?: OrderFailure;
  readonly seats: readonly number[];
  readonly tickets: readonly TicketView[];
  readonly createdAtMs: number;
};

export type Purchase = {
  readonly purchaseId: string;
  readonly status: OrderStatus;
  readonly tickets: readonly TicketView[];
  readonly visitorToken: string;
};

export type Account = {
  readonly accountId: string;
  readonly email: string;
  readonly role: 'visitor' | 'operator';
};
export type LoggedIn = { readonly token: string; readonly account: Account };

export type ErrorBody = {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
  readonly [detail: string]: unknown;
};
