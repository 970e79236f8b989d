// Everything that can ask the launcher to stop. One Ctrl-C in a terminal may arrive several times (from the terminal,
// from npm, from bootstrap), so what follows within a second is the same request.

const SAME_REQUEST_MS = 1_000;

/** Asks to stop, and to stop at once. */
export interface StopRequests {
  /** Aborted by the first request. */
  readonly signal: AbortSignal;
  /** Makes the request from inside. */
  request(): void;
}

/** Listens for SIGINT, SIGTERM, SIGHUP and the end of bootstrap; a second request later calls `force`. */
export function stopRequests(force: () => void): StopRequests {
  const controller = new AbortController();
  let firstAtMs = 0;
  const request = (): void => {
    if (firstAtMs === 0) {
      firstAtMs = Date.now();
      controller.abort();
    } else if (Date.now() - firstAtMs > SAME_REQUEST_MS) force();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request);
  if (process.env.USHER_BOOTSTRAP) process.once('disconnect', () => controller.abort());
  return { signal: controller.signal, request };
}
