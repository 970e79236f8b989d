/** Logs are JSON lines by pino: one line per outcome at a boundary, ids as fields. Never a token, never a card. */
import { type Logger, pino } from 'pino';

export type { Logger };

/** The process's logger. `service` stands in every line. */
export function createLogger(service: string, level: string): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'req.headers.authorization',
        'req.headers.cookie',
        '*.token',
        '*.admissionToken',
        '*.visitorToken',
        '*.password',
      ],
      censor: '[redacted]',
    },
  };
  // Written beside the event loop: a rush of joins spends its time on joins. What is left is flushed at exit.
  return pino(options, pino.destination({ dest: 1, sync: false }));
}
