/**
 * Notices a connection that died without a word: a phone that changed its network gets no close for many
 * minutes. Silence leads to a ping, and a ping without any answer to `onDead`.
 */
export type HeartbeatOptions = {
  /** Silence after which a ping is sent. */
  readonly silenceMs: number;
  /** How long its answer may take. */
  readonly answerMs: number;
  readonly ping: () => void;
  readonly onDead: () => void;
};

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Something came in, whatever it is: the connection lives. The first call starts the watch. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onSilence(), this.#options.silenceMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onSilence(): void {
    this.#timer = setTimeout(() => this.#options.onDead(), this.#options.answerMs);
    this.#options.ping();
  }
}
