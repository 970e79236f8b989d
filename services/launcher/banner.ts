import type { NamedPort } from './ports.ts';

/** What the banner tells. */
export interface BannerFacts {
  readonly ports: readonly NamedPort[];
  /** Demo accounts and events; absent where the stores are somebody's own. */
  readonly demo?: { readonly events: readonly { eventId: number; name: string }[] };
  readonly logsDir: string;
  readonly tookMs: number;
}

/** What `npm start` prints once everything is up: where to go, as whom, what to click, how to stop. */
export function banner({ ports, demo, logsDir, tookMs }: BannerFacts): string {
  const base = `http://localhost:${ports.find((port) => port.service === 'gateway')?.port}`;
  const lines = [
    '',
    `Usher is up after ${(tookMs / 1000).toFixed(1)} s.`,
    '',
    `  Page           ${base}/`,
    `  Operator       ${base}/operator`,
    `  API            ${base}/docs`,
    `  Metrics        ${ports.map((port) => `http://localhost:${port.port}/metrics`).join('  ')}`,
    `  Logs           ${logsDir}/*.log`,
  ];
  if (demo) {
    lines.push(
      '',
      '  Demo accounts  operator@usher.local / operator',
      '                 visitor@usher.local / visitor',
      ...demo.events.map(
        ({ eventId, name }, i) => `  ${i === 0 ? 'Events' : '      '}         ${eventId}  ${name}`,
      ),
      '',
      'Open the page, choose an event, join the line; when you are called, enter, pick seats on the map and pay',
      'with a test card. A second browser window shows each seat change as it happens. Log in as the operator to',
      'pause the line, change its rate, or create an event.',
    );
  }
  lines.push('', 'Ctrl-C stops everything and keeps the data; `npm start -- --fresh` begins anew.', '');
  return lines.join('\n');
}
