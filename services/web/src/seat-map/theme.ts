/** The colours that the canvas draws with, read from the same CSS variables as the rest of the page. */

export type Theme = {
  readonly isDark: boolean;
  readonly ground: string;
  readonly surface: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly line: string;
  readonly sold: string;
  readonly locked: string;
  readonly own: string;
  readonly ownInk: string;
  readonly stage: string;
  readonly stageInk: string;
};

export function readTheme(element: Element): Theme {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    isDark: matchMedia('(prefers-color-scheme: dark)').matches,
    ground: value('--map-ground'),
    surface: value('--surface'),
    ink: value('--ink'),
    inkSoft: value('--ink-soft'),
    line: value('--map-line'),
    sold: value('--seat-sold'),
    locked: value('--seat-locked'),
    own: value('--seat-own'),
    ownInk: value('--seat-own-ink'),
    stage: value('--stage'),
    stageInk: value('--stage-ink'),
  };
}

type Rgb = readonly [number, number, number];

function parseHex(color: string): Rgb {
  // A minified style sheet has `#fff`.
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  const hex =
    short === null
      ? color.slice(1, 7)
      : short
          .slice(1)
          .map((digit) => digit + digit)
          .join('');
  const value = Number.parseInt(hex, 16) || 0;
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `share` of the first colour in the second; opaque. Both `#rrggbb`. */
export function mix(color: string, into: string, share: number): string {
  const a = parseHex(color);
  const b = parseHex(into);
  const part = (at: 0 | 1 | 2) => Math.round(a[at] * share + b[at] * (1 - share));
  return `rgb(${part(0)} ${part(1)} ${part(2)})`;
}

/** Black or white, whichever is read better on a colour. */
export function inkOn(color: string): string {
  const [r, g, b] = parseHex(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.4 ? '#14111c' : '#ffffff';
}
