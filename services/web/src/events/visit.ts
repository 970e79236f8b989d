/**
 * One visitor's way through one event: outside -> line -> entering -> inside -> over. The house remembers the
 * visitor by its cookie, so a reload asks where it is and goes on from there.
 */
import { ApiError } from '../../../../shared/client/http-client.ts';
import { joinLine } from '../../../../shared/client/join-line.ts';
import { LineClient } from '../../../../shared/client/line-client.ts';
import type { Place } from '../../../../shared/domain/place.ts';
import type { Admission, Board } from '../../../../shared/protocol/http.ts';
import { api, loadSeatMap } from '../api.ts';
import { openOrderOf, rememberOrder } from '../payment/open-order.ts';
import { navigate } from '../router.ts';
import { Store } from '../store.ts';

export type VisitState =
  | { readonly phase: 'loading' }
  | {
      readonly phase: 'outside';
      readonly why?: 'left' | 'expired';
      readonly error?: unknown;
      readonly busy?: true;
      /** The browser works on a challenge that joining asked for. */
      readonly checking?: true;
    }
  | { readonly phase: 'line'; readonly place: Place; readonly board?: Board; readonly offline: boolean }
  | { readonly phase: 'entering'; readonly claimByMs: number | null; readonly error?: unknown }
  | { readonly phase: 'inside'; readonly admission: Admission }
  | { readonly phase: 'over'; readonly why: 'ended' | 'revoked' | 'left' };

/** How long "It's your turn" is shown before the map takes its place: long enough to be read. */
const TURN_SHOWN_MS = 1_400;
/** Waiting visitors fetch the map ahead, spread over this, so that those called do not all fetch it at once. */
const MAP_AHEAD_SPREAD_MS = 20_000;

const JOINED_KEY = 'usher.joined';

/** Whether this browser ever joined a line: most who look at an event did not, and need not be asked about. */
function mayHavePlaces(): boolean {
  try {
    return localStorage.getItem(JOINED_KEY) !== null;
  } catch {
    return true;
  }
}

function rememberJoining(): void {
  try {
    localStorage.setItem(JOINED_KEY, '1');
  } catch {
    // Then each page asks.
  }
}

export class Visit extends Store {
  readonly eventId: number;
  state: VisitState = { phase: 'loading' };
  #line: LineClient | undefined;
  #mapAhead: ReturnType<typeof setTimeout> | undefined;

  constructor(eventId: number) {
    super();
    this.eventId = eventId;
  }

  /** Finds out where this visitor is. */
  async begin(): Promise<void> {
    const orderId = openOrderOf(this.eventId);
    if (orderId !== undefined) {
      // A reload while the card was charged: the order's page tells how that went.
      rememberOrder(undefined);
      navigate(`/orders/${orderId}`, 'replace');
      return;
    }
    if (!mayHavePlaces()) {
      this.#become({ phase: 'outside' });
      return;
    }
    try {
      await this.#goOnFrom(await api.place(this.eventId), 'reloaded');
    } catch (error) {
      const known =
        error instanceof ApiError &&
        (error.status === 401 || error.code === 'no_place' || error.status === 404);
      this.#become(known ? { phase: 'outside' } : { phase: 'outside', error });
    }
  }

  /** Stops following; the place stays. */
  end(): void {
    this.#stopLine();
  }

  /** @param code an access code, where the event asks for one or the visitor has one. */
  async join(code?: string): Promise<void> {
    const why = this.state.phase === 'outside' ? this.state.why : undefined;
    const busy = { phase: 'outside', busy: true, ...(why && { why }) } as const;
    this.#become(busy);
    try {
      const onChecking = () => this.#become({ ...busy, checking: true });
      const request = code === undefined ? {} : { code };
      const { place } = await joinLine(api, this.eventId, request, { onChecking });
      rememberJoining();
      await this.#goOnFrom(place, 'joined');
    } catch (error) {
      this.#become({ phase: 'outside', error, ...(why && { why }) });
    }
  }

  async leaveLine(): Promise<void> {
    this.#stopLine();
    await api.leaveLine(this.eventId).catch(() => {});
    this.#become({ phase: 'outside', why: 'left' });
  }

  /** Enters; called by itself when it is this visitor's turn. */
  async enter(claimByMs: number | null = null, shownMs = TURN_SHOWN_MS): Promise<void> {
    this.#stopLine();
    this.#become({ phase: 'entering', claimByMs });
    // The turn is claimed at once; only the change of the picture waits.
    const shown = new Promise((resolve) => setTimeout(resolve, shownMs));
    try {
      const admission = await api.enter(this.eventId);
      await shown;
      this.#become({ phase: 'inside', admission });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      if (code === 'place_expired') this.#become({ phase: 'outside', why: 'expired' });
      else if (code === 'not_called') this.#follow();
      else if (code === 'no_place') this.#become({ phase: 'outside' });
      else this.#become({ phase: 'entering', claimByMs, error });
    }
  }

  /** The admission is over, as the socket or the visitor said. */
  leaveRoom(why: 'ended' | 'revoked' | 'left'): void {
    if (this.state.phase !== 'inside') return;
    if (why === 'left') void api.leaveRoom(this.eventId, this.state.admission.admissionToken).catch(() => {});
    this.#become({ phase: 'over', why });
  }

  async #goOnFrom(place: Place, how: 'joined' | 'reloaded'): Promise<void> {
    switch (place.state) {
      case 'lobby':
      case 'waiting':
        this.#follow(place);
        break;
      case 'called':
        await this.enter(place.claimByMs);
        break;
      case 'admitted':
        await this.enter(null, 0);
        break;
      case 'left':
        // Leaving is also how a purchase ends a place: a page that is opened later says nothing of it.
        this.#become({ phase: 'outside' });
        break;
      case 'expired':
        this.#become(how === 'reloaded' ? { phase: 'outside', why: 'expired' } : { phase: 'outside' });
        break;
    }
  }

  #follow(place?: Place): void {
    this.#stopLine();
    const line = new LineClient({ api, eventId: this.eventId });
    this.#line = line;
    let offline = false;
    const show = () => {
      if (this.#line !== line || line.place === undefined) return;
      this.#become({ phase: 'line', place: line.place, offline, ...(line.board && { board: line.board }) });
    };
    line.on('place', (now) => {
      if (this.#line !== line) return;
      if (now.state === 'called') void this.enter(now.claimByMs);
      else if (now.state === 'admitted') void this.enter(null, 0);
      else if (now.state === 'left' || now.state === 'expired') this.#putOut(now.state);
      else show();
    });
    line.on('board', show);
    line.on('link', (link) => {
      offline = link === 'offline';
      show();
    });
    line.on('no_place', () => this.#line === line && this.#putOut());
    line.start(place);
    this.#mapAhead = setTimeout(
      () => void loadSeatMap(this.eventId).catch(() => {}),
      Math.random() * MAP_AHEAD_SPREAD_MS,
    );
  }

  #putOut(why?: 'left' | 'expired'): void {
    this.#stopLine();
    this.#become({ phase: 'outside', ...(why && { why }) });
  }

  #stopLine(): void {
    clearTimeout(this.#mapAhead);
    this.#line?.stop();
    this.#line = undefined;
  }

  #become(state: VisitState): void {
    this.state = state;
    this.changed();
  }
}
