/** Questions that wait for the answer with their `ref`. Each ends: with its answer, a refusal, a time-out or the socket. */

/** Why a question got no good answer. `code` is a wire code, or `timeout`, `disconnected`, `ended`. */
export class SeatError extends Error {
  readonly code: string;
  /** The seats that somebody else has, where that was the reason. */
  readonly taken: readonly number[];

  constructor(code: string, message = code, taken: readonly number[] = []) {
    super(message);
    this.name = 'SeatError';
    this.code = code;
    this.taken = taken;
  }
}

type Waiting = {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: SeatError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
};

export class PendingRequests {
  readonly #waiting = new Map<number, Waiting>();
  #lastRef = 0;

  /** Sends a question by calling `send` with its number, and waits. */
  ask<Answer>(timeoutMs: number, send: (ref: number) => void): Promise<Answer> {
    const ref = ++this.#lastRef;
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new SeatError('timeout', 'No answer came in time.'));
      }, timeoutMs);
      this.#waiting.set(ref, { resolve: resolve as Waiting['resolve'], reject, timer });
      send(ref);
    });
  }

  answer(ref: number | undefined, value: unknown): void {
    this.#take(ref)?.resolve(value as never);
  }

  refuse(ref: number | undefined, error: SeatError): void {
    this.#take(ref)?.reject(error);
  }

  refuseAll(error: SeatError): void {
    for (const ref of [...this.#waiting.keys()]) this.refuse(ref, error);
  }

  #take(ref: number | undefined): Waiting | undefined {
    if (ref === undefined) return undefined;
    const waiting = this.#waiting.get(ref);
    if (waiting !== undefined) {
      clearTimeout(waiting.timer);
      this.#waiting.delete(ref);
    }
    return waiting;
  }
}
