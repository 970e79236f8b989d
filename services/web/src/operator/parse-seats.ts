/** More than anybody writes by hand; a range may reach this far. */
const SEATS_MAX = 100_000;

/** `0, 1, 5-9` as seat indices, in order and once each; undefined where it is anything else. */
export function parseSeats(text: string): number[] | undefined {
  const seats = new Set<number>();
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  for (const part of parts) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part);
    if (match === null) return undefined;
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to < from || to >= SEATS_MAX) return undefined;
    for (let seat = from; seat <= to; seat++) seats.add(seat);
  }
  return seats.size === 0 ? undefined : [...seats].sort((a, b) => a - b);
}
