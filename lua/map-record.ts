/** The record `map` of an event, as `include/event.lua` writes it: doubles, little-endian, in this order. */
export const MAP_FIELDS = [
  'epoch',
  'offset',
  'seatCount',
  'available',
  'locked',
  'sold',
  'blocked',
  'opensAtMs',
  'closedAtMs',
  'roomOff',
  'holdMs',
  'paymentMs',
  'seatsPerVisitorMax',
  'presaleOpensAtMs',
] as const;

export type MapRecord = Readonly<Record<(typeof MAP_FIELDS)[number], number>>;

/** Reads a record. Absent moments are 0. */
export function parseMapRecord(bytes: Buffer): MapRecord {
  const record: Record<string, number> = {};
  for (const [at, name] of MAP_FIELDS.entries()) record[name] = bytes.readDoubleLE(at * 8);
  return record as MapRecord;
}
