/** The visitor's calls, typed. One line each: what they do stands in the contract. */
import type { Place } from '../domain/place.ts';
import type {
  Account,
  Admission,
  Board,
  Challenge,
  EventDetails,
  EventList,
  HoldAnswer,
  Joined,
  JoinRequest,
  LoggedIn,
  OrderAccepted,
  OrderView,
  Purchase,
  SeatMap,
  SeatStatus,
} from '../protocol/http.ts';
import { HttpClient, readError } from './http-client.ts';

export type EventQuery = {
  readonly q?: string;
  readonly venue?: string;
  readonly from?: string;
  readonly to?: string;
  readonly status?: string;
  readonly limit?: number;
  readonly cursor?: string;
};

export type Buyer = { readonly name: string; readonly email: string };

export type OrderRequest = {
  readonly eventId: number;
  readonly holdId: string;
  readonly buyer: Buyer;
  readonly payment: { readonly method: string };
};

export type BuyRequest = {
  readonly quantity?: number;
  readonly buyer: Buyer;
  readonly payment: { readonly method: string };
};

export class UsherApi {
  readonly http: HttpClient;

  constructor(http: HttpClient = new HttpClient()) {
    this.http = http;
  }

  events = (query: EventQuery = {}) => this.http.get<EventList>('/events', { query });
  event = (eventId: number) => this.http.get<EventDetails>(`/events/${eventId}`);
  seatMap = (eventId: number) => this.http.get<SeatMap>(`/events/${eventId}/seats`);
  seatStatus = (eventId: number) => this.http.get<SeatStatus>(`/events/${eventId}/seats/status`);

  board = (eventId: number) => this.http.get<Board>(`/events/${eventId}/line`);
  join = (eventId: number, request: JoinRequest = {}) =>
    this.http.post<Joined>(`/events/${eventId}/line`, { body: request });
  challenge = (eventId: number) => this.http.get<Challenge>(`/events/${eventId}/line/challenge`);
  place = (eventId: number) => this.http.get<Place>(`/events/${eventId}/line/me`);
  leaveLine = (eventId: number) => this.http.json<void>('DELETE', `/events/${eventId}/line/me`);

  enter = (eventId: number) => this.http.post<Admission>(`/events/${eventId}/admission`, { body: {} });
  leaveRoom = (eventId: number, admissionToken: string) =>
    this.http.json<void>('DELETE', `/events/${eventId}/admission`, { bearer: admissionToken });
  hold = (eventId: number, admissionToken: string, body: object) =>
    this.http.post<HoldAnswer>(`/events/${eventId}/holds`, { bearer: admissionToken, body });

  /** The key makes asking again safe: the same key and body is the same order. */
  order = (admissionToken: string, idempotencyKey: string, body: OrderRequest) =>
    this.http.post<OrderAccepted>('/orders', {
      bearer: admissionToken,
      headers: { 'idempotency-key': idempotencyKey },
      body,
    });
  orderView = (orderId: string, bearer?: string) =>
    this.http.get<OrderView>(`/orders/${orderId}`, { bearer });
  buy = (eventId: number, idempotencyKey: string, body: BuyRequest) =>
    this.http.post<Purchase>(`/buy/${eventId}`, { headers: { 'idempotency-key': idempotencyKey }, body });

  signUp = (email: string, password: string) =>
    this.http.post<LoggedIn>('/auth/signup', { body: { email, password } });
  logIn = (email: string, password: string) =>
    this.http.post<LoggedIn>('/auth/login', { body: { email, password } });
  account = (bearer: string) => this.http.get<Account>('/auth/me', { bearer });

  /** A PDF, or how long to wait until it is made. */
  async ticketPdf(path: string, bearer?: string): Promise<{ pdf: Blob } | { retryAfterMs: number }> {
    const response = await this.http.send('GET', path, { bearer, headers: { accept: 'application/pdf' } });
    if (response.status === 202) {
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      return { retryAfterMs: (Number.isFinite(seconds) ? Math.max(seconds, 0.2) : 1) * 1_000 };
    }
    if (!response.ok) throw await readError(response);
    return { pdf: await response.blob() };
  }
}
