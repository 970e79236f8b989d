/**
 * A picture for an event that brings none: rows of seats around a stage under a beam of light, in colours
 * and proportions that follow from the event's number, so that each has its own and keeps it.
 */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

const PALETTES = [
  ['#2b1055', '#7597de', '#ffd166'],
  ['#3d0c2f', '#ef476f', '#ffd1a3'],
  ['#06283d', '#47b5ff', '#dff6ff'],
  ['#12372a', '#3fa37c', '#fbe8a6'],
  ['#3b1c32', '#c06c84', '#f8b195'],
  ['#2d1e12', '#d98a3d', '#ffe3b3'],
  ['#1a1a40', '#7a5cff', '#f7c6ff'],
] as const;

/** As a card's picture, and across a whole page. */
const SHAPES = {
  card: { width: 400, height: 220, rows: 9 },
  wide: { width: 1200, height: 330, rows: 26 },
} as const;

type Shape = keyof typeof SHAPES;

function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

export function Poster({ seed, shape = 'card' }: { seed: number; shape?: Shape }): JSX.Element {
  const { width, height } = SHAPES[shape];
  const { ground, seats, beam, id } = useMemo(() => draw(seed, shape), [seed, shape]);
  return (
    <svg
      class="poster"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <defs>
        <linearGradient id={`${id}g`} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color={ground} />
          <stop offset="1" stop-color="#0d0b12" />
        </linearGradient>
        <linearGradient id={`${id}b`} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color={beam.color} stop-opacity="0.8" />
          <stop offset="1" stop-color={beam.color} stop-opacity="0.04" />
        </linearGradient>
        <filter id={`${id}f`}>
          <feGaussianBlur stdDeviation="5" />
        </filter>
      </defs>
      <rect width={width} height={height} fill={`url(#${id}g)`} />
      <path d={beam.path} fill={`url(#${id}b)`} filter={`url(#${id}f)`} />
      {seats.map(([color, opacity, path]) => (
        <path
          key={`${color}${opacity}`}
          d={path}
          fill="none"
          stroke={color}
          stroke-opacity={opacity}
          class="poster-row"
        />
      ))}
    </svg>
  );
}

/** Seats are the round caps of dashes of no length along each row's arc. */
function draw(seed: number, shape: Shape) {
  const { width, height, rows } = SHAPES[shape];
  const random = randomFrom(seed + 7);
  const [ground, mid, light] = PALETTES[seed % PALETTES.length]!;
  const centreX = width * (0.3 + random() * 0.4);
  const centreY = height * (0.06 + random() * 0.12);
  const squeeze = 0.5 + random() * 0.2;
  const paths = new Map<string, string>();
  for (let row = 0; row < rows; row++) {
    const radius = 74 + row * 21;
    const steps = Math.floor((radius * Math.PI) / 19);
    for (let step = 1; step < steps; step++) {
      const angle = (Math.PI * step) / steps;
      const x = centreX - Math.cos(angle) * radius;
      const y = centreY + Math.sin(angle) * radius * squeeze;
      if (x < -8 || x > width + 8 || y > height + 8) continue;
      const kind = random();
      const style = kind < 0.14 ? `${light} 0.95` : kind < 0.6 ? `${mid} 0.75` : `${mid} 0.3`;
      paths.set(style, `${paths.get(style) ?? ''}M${x.toFixed(1)} ${y.toFixed(1)}h.01`);
    }
  }
  const spread = 60 + random() * 50;
  const lean = (random() - 0.5) * 120;
  return {
    id: `p${seed}${shape}`,
    ground,
    beam: {
      color: light,
      path: `M${centreX - 8} -20h16L${centreX + lean + spread} ${height + 20}h${-2 * spread}Z`,
    },
    seats: [...paths].map(([style, path]) => [...style.split(' '), path] as [string, string, string]),
  };
}
