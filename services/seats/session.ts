/** One open socket, as the rest of the service sees it. It lives from `open` to `close` and holds no timer. */
import type { AdmissionId, EventId, HoldId, VisitorId } from '../../shared/domain/ids.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';
import { TokenBucket } from './token-bucket.ts';

/** Messages that a socket may send: 20 a second, 40 at once. A map with a finger on it sends two. */
const MESSAGES_PER_SECOND = 20;
const MESSAGES_AT_ONCE = 40;

/** What the upgrade request said. */
export type SessionFacts = {
  readonly eventId: EventId;
  readonly visitorId: VisitorId;
  readonly admissionId: AdmissionId;
  readonly admissionExpiresAtMs: number;
  readonly binary: boolean;
  readonly address: string;
  /** Where the client says it was. */
  readonly resume: { readonly epoch: number; readonly offset: number } | undefined;
};

/** What a session needs of its socket. */
export type SessionSocket = {
  send(message: string | Uint8Array, binary: boolean): void;
  close(code: number, reason: string): void;
};

export class Session {
  readonly facts: SessionFacts;
  readonly #socket: SessionSocket;
  readonly messages = new TokenBucket(MESSAGES_AT_ONCE, MESSAGES_PER_SECOND);
  unreadable = 0;
  /** Set at `close`; sending to a closed uWebSockets socket throws. */
  closed = false;
  /** It has been told that its admission ends soon, or opened so late that it knows. Kept by Deadlines. */
  nearEnd = false;
  /** The shard of the audience that it listens in. */
  shard = -1;
  /** Answers that it got directly and will hear of again from the feed, by hold. */
  readonly #echoes = new Map<HoldId, number>();

  constructor(facts: SessionFacts, socket: SessionSocket) {
    this.facts = facts;
    this.#socket = socket;
  }

  send(message: ServerMessage): void {
    if (!this.closed) this.#socket.send(JSON.stringify(message), false);
  }

  sendFrame(frame: string | Uint8Array): void {
    if (!this.closed) this.#socket.send(frame, typeof frame !== 'string');
  }

  close(code: number, reason: string): void {
    if (!this.closed) this.#socket.close(code, reason);
  }

  /** The feed will tell of a change to this hold that this socket itself asked for, and is answered directly. */
  expectEcho(holdId: HoldId): void {
    this.#echoes.set(holdId, (this.#echoes.get(holdId) ?? 0) + 1);
  }

  /** True once for each expected echo: the entry is this socket's own doing. */
  takeEcho(holdId: HoldId): boolean {
    const expected = this.#echoes.get(holdId);
    if (expected === undefined) return false;
    if (expected === 1) this.#echoes.delete(holdId);
    else this.#echoes.set(holdId, expected - 1);
    return true;
  }

  forgetEchoes(): void {
    this.#echoes.clear();
  }
}
