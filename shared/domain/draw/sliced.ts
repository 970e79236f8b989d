/**
 * Work that can be interrupted: a generator that yields where others may have their turn. Who computes decides how
 * long a slice is; see `services/gateway/waiting-room/in-slices.ts`.
 */
export type Sliced<T> = Generator<void, T, void>;

/** Does all of it at once. */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
