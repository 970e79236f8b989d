/**
 * Every Redis key that Usher has, and nothing builds one anywhere else. All keys of an event carry its number
 * as their hash tag, so that an event lives in one slot of a cluster and a script may touch all of them.
 *
 * | key | type | holds |
 * |---|---|---|
 * | event | hash | settings of the on-sale, counters of the line, the server run it was loaded into |
 * | map | string | what every hold needs, as a record of doubles: see `map-record.ts` |
 * | seats | string | two bits a seat, seat 0 in the lowest bits of byte 0: a snapshot is this string |
 * | runs | string | stretches of neighbouring seats, best first, 12 bytes each: see `hold-best.lua` |
 * | best | hash | where `hold-best` may begin to look; forgotten when a seat comes free |
 * | holds | hash | hold id -> visitor, admission, fence, deadline, state, seats |
 * | deadlines | sorted set | hold id by the moment at which it ends; holds being paid for are not in it |
 * | paying | sorted set | hold id by the moment until which payment may take, for the reconciler |
 * | visitors | hash | visitor -> seats held, seats bought, admission and its end, hold ids |
 * | hold | string with TTL | one a hold: its expiry is the notification that drives the release |
 * | feed | stream | the event's changes under the ids `<epoch>-<offset>`; also the name of the channel |
 * | admitted | sorted set | admission id by its end: who is inside |
 * | admissions | hash | admission id -> visitor |
 * | called | sorted set | number by the end of its claim window |
 * | places | hash | visitor -> number, for those whose visitor id does not say it; who came by an account or a code: `account:<id>` and `code:<hash>` -> visitor, `uses:<hash>` -> count, `used:<hash>:<visitor>` |
 * | aside | sorted set | number of a place in a lane of its own by when its visitor was heard of; -1 left, -2 lapsed |
 * | front | sorted set | those of them that are called before the line, in the order in which they are |
 * | staff | sorted set | those of them that stand beside the cap: by number while waiting, -1 called, -2 inside |
 * | parked | sorted set | numbers in the line that are never called, by number |
 * | spent | sorted set | challenges that were solved and used, by the moment they would have expired at |
 * | present | bitmap by number | who was there when the lobby closed, until it is drawn |
 * | order | string | the number that the draw gave to each of the lobby's, four bytes each, high one first |
 * | leavers | list | who left between the closing of the lobby and its draw |
 * | gone, lapsed | bitmap by number | left, bought, or parked; absent, late or timed out; both: away when the lobby closed |
 * | seen0..2 | bitmap by number | heard of in a window of 30 s, three windows in turn |
 * | line | channel | numbers that were just called, for the gateways that stream to them |
 */
import type { EventId } from '../shared/domain/ids.ts';

export const KEY_NAMES = [
  'event',
  'map',
  'seats',
  'runs',
  'best',
  'holds',
  'deadlines',
  'paying',
  'visitors',
  'feed',
  'admitted',
  'admissions',
  'called',
  'places',
  'present',
  'order',
  'leavers',
  'aside',
  'front',
  'staff',
  'parked',
  'spent',
  'gone',
  'lapsed',
  'seen0',
  'seen1',
  'seen2',
  'line',
] as const;

export type KeyName = (typeof KEY_NAMES)[number];

const PREFIX = 'usher';
const HOLD_KEY = /^usher:\{(\d{1,9})\}:hold:([A-Za-z0-9_-]{1,64})$/;

/** The name of one of an event's keys. */
export function eventKey(eventId: EventId, name: KeyName): string {
  return `${PREFIX}:{${eventId}}:${name}`;
}

/** The key whose expiry says that a hold's time is over. */
export function holdKey(eventId: EventId, holdId: string): string {
  return `${PREFIX}:{${eventId}}:hold:${holdId}`;
}

/** The event and the hold of an expired key, or undefined where the key is none of ours. */
export function parseHoldKey(key: string): { eventId: EventId; holdId: string } | undefined {
  const match = HOLD_KEY.exec(key);
  return match ? { eventId: Number(match[1]), holdId: match[2]! } : undefined;
}

/** The event of a channel or key name such as `usher:{7}:feed`. */
export function eventOfKey(key: string): EventId | undefined {
  const match = /^usher:\{(\d{1,9})\}:/.exec(key);
  return match ? Number(match[1]) : undefined;
}
