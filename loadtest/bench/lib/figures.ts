/** Medians with their range, and tables in Markdown. */

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which a share `q` of the values lies; the values are sorted in place. */
export function quantile(values: Float64Array | number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  if (values instanceof Float64Array) values.sort();
  else values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * q))]!;
}

/** A number with about three digits that count. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** `median [lowest–highest]`. */
export function ranged(values: readonly number[]): string {
  const middle = shown(median(values));
  return values.length < 2
    ? middle
    : `${middle} [${shown(Math.min(...values))}–${shown(Math.max(...values))}]`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Figures of the same name from several rounds, in the order in which they first came. */
export class Rounds<Figure extends Record<string, number>> {
  readonly #byName = new Map<string, Figure[]>();

  add(name: string, figure: Figure): void {
    const known = this.#byName.get(name);
    if (known === undefined) this.#byName.set(name, [figure]);
    else known.push(figure);
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  values(name: string, field: keyof Figure): number[] {
    return (this.#byName.get(name) ?? []).map((figure) => figure[field]!);
  }

  median(name: string, field: keyof Figure): number {
    return median(this.values(name, field));
  }

  ranged(name: string, field: keyof Figure): string {
    return ranged(this.values(name, field));
  }

  /** The median of the ratios of two names within each round: machines drift, rounds less so. */
  ratio(name: string, to: string, field: keyof Figure): number {
    const base = this.values(to, field);
    return median(this.values(name, field).map((value, round) => value / (base[round] ?? Number.NaN)));
  }

  toJSON(): Record<string, Figure[]> {
    return Object.fromEntries(this.#byName);
  }
}
