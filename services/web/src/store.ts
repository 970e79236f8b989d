/** Stores are plain classes that say when they changed; this is how a component follows one. */
import { useEffect, useState } from 'preact/hooks';

export class Store {
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  protected changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Draws the component again when the store changes. */
export function useStore<S extends Store>(store: S): S {
  const [, setCount] = useState(0);
  useEffect(() => store.subscribe(() => setCount((count) => count + 1)), [store]);
  return store;
}

/** Draws the component again every `everyMs`, for what counts down. */
export function useTick(everyMs: number): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setCount((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly value: T }
  | { readonly state: 'failed'; readonly error: unknown };

/** Loads once per key, and again on `reload`; the old value stays while the new one comes. */
export function useLoaded<T>(load: () => Promise<T>, key: unknown): Loaded<T> & { reload: () => void } {
  const [result, setResult] = useState<Loaded<T>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setResult({ state: 'loaded', value }),
      (error: unknown) =>
        current && setResult((old) => (old.state === 'loaded' ? old : { state: 'failed', error })),
    );
    return () => {
      current = false;
    };
  }, [key, round]);
  return { ...result, reload: () => setRound((count) => count + 1) };
}
