/** The course of a sale as a picture: an SVG for browsers, and rows of blocks for a terminal. Pure. */
import type { Point } from '../swarm/plan.ts';

const BLOCKS = ' ▁▂▃▄▅▆▇█';
const COLUMNS = 60;

const LINES = [
  { key: 'joined', label: 'joined', colour: '#7a5195' },
  { key: 'admitted', label: 'came in', colour: '#2f6fb2' },
  { key: 'sockets', label: 'sockets open', colour: '#d1495b' },
  { key: 'paid', label: 'orders paid', colour: '#2a9d5c' },
] as const;

/** One row a line: the value over time, each scaled to its own highest. */
export function blockChart(points: readonly Point[]): string {
  if (points.length < 2) return '';
  const rows = LINES.map(({ key, label }) => {
    const max = Math.max(...points.map((point) => point[key]));
    if (max === 0) return undefined;
    const cells = Array.from({ length: Math.min(COLUMNS, points.length) }, (_, column) => {
      const at = Math.round((column * (points.length - 1)) / (Math.min(COLUMNS, points.length) - 1));
      return BLOCKS[Math.round((points[at]![key] / max) * (BLOCKS.length - 1))];
    });
    return `${label.padEnd(14)}|${cells.join('')}| ${max}`;
  });
  const seconds = ((points.at(-1)!.atMs - points[0]!.atMs) / 1_000).toFixed(0);
  return [...rows.filter((row) => row !== undefined), `${' '.repeat(14)} 0 to ${seconds} s`].join('\n');
}

const WIDTH = 760;
const HEIGHT = 320;
const MARGIN = { left: 60, right: 20, top: 40, bottom: 40 } as const;

export function svgChart(title: string, points: readonly Point[]): string {
  if (points.length < 2) return '';
  const startMs = points[0]!.atMs;
  const spanMs = Math.max(1, points.at(-1)!.atMs - startMs);
  const lines = LINES.filter(({ key }) => points.some((point) => point[key] > 0));
  const top = niceTop(Math.max(1, ...lines.flatMap(({ key }) => points.map((point) => point[key]))));
  const x = (atMs: number) =>
    MARGIN.left + ((atMs - startMs) / spanMs) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * top;
    return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>
<text x="${MARGIN.left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const atMs = startMs + share * spanMs;
    return `<text x="${x(atMs)}" y="${HEIGHT - 16}" text-anchor="middle">${((share * spanMs) / 1_000).toFixed(1)} s</text>`;
  });
  const curves = lines.map(({ key, colour }) => {
    const path = points.map((point) => `${x(point.atMs).toFixed(1)},${y(point[key]).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
  const legend = lines.map(({ label, colour }, at) => {
    const left = MARGIN.left + at * 130;
    return `<rect x="${left}" y="24" width="12" height="4" fill="${colour}"/><text x="${left + 18}" y="30">${label}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${MARGIN.left}" y="15" font-size="13">${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>
${[...legend, ...ticks, ...times, ...curves].join('\n')}
</svg>
`;
}

/** The next number of the kind 1, 2, 4, 8 times a power of ten: its quarters are easy to read. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}
