/** A typed event emitter in as many lines as it takes: the clients run in browsers, which have no `node:events`. */

/** Event names to the value that their listeners get. */
export type EventTable = Record<string, unknown>;

export class Emitter<Table extends EventTable> {
  readonly #listeners = new Map<keyof Table, Set<(value: never) => void>>();

  /** Listens until the returned function is called. */
  on<Name extends keyof Table>(name: Name, listener: (value: Table[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    const known = listeners;
    known.add(listener);
    return () => {
      known.delete(listener);
    };
  }

  /** The next value of an event. Never settles where there is none. */
  once<Name extends keyof Table>(name: Name): Promise<Table[Name]> {
    return new Promise((resolve) => {
      const off = this.on(name, (value) => {
        off();
        resolve(value);
      });
    });
  }

  protected emit<Name extends keyof Table>(name: Name, value: Table[Name]): void {
    // A copy: a listener may take itself off while it is called.
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      (listener as (value: Table[Name]) => void)(value);
    }
  }
}
