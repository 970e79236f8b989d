/**
 * Which joins get a place that is never called: rule AD25. Nothing here is told to whoever joins.
 *
 * | reason | because |
 * |---|---|
 * | honeypot | it filled in the field `website`, which people do not see |
 * | address, user_agent | an operator has parked where it comes from |
 * | crowd | its address had more than PARK_JOINS_PER_ADDRESS new places in a minute |
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { type Origins, readParkedOrigins } from '../../../db/parked-origins.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Deps } from '../deps.ts';
import { AttemptWindow } from '../plugins/attempt-window.ts';

export type ParkReason = 'honeypot' | 'address' | 'user_agent' | 'crowd';

/** An operator's word reaches the other gateways within this time. */
const FRESH_MS = 2_000;
/** Events whose origins are kept in memory. */
const EVENTS_MAX = 1_000;

type Watched = { readonly blocked: BlockList; readonly userAgents: readonly string[] };
type Slot = { watched: Watched; readAtMs: number; reading?: Promise<void> | undefined };

const NOBODY: Watched = { blocked: new BlockList(), userAgents: [] };

/** An IPv4 address as such, also where it came in the clothes of an IPv6 one. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Adds an address or a network to a list; false where it is neither. */
export function addOrigin(list: BlockList, text: string): boolean {
  const [address = '', bits, ...rest] = plain(text).split('/');
  const longest = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || rest.length > 0) return false;
  if (bits === undefined) list.addAddress(address, familyOf(address));
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= longest) {
    list.addSubnet(address, Number(bits), familyOf(address));
  } else return false;
  return true;
}

export class JoinWatch {
  readonly #deps: Pick<Deps, 'db' | 'config' | 'log'>;
  readonly #slots = new Map<EventId, Slot>();
  readonly #crowds = new AttemptWindow();

  constructor(deps: Pick<Deps, 'db' | 'config' | 'log'>) {
    this.#deps = deps;
  }

  /** Why a join is to be parked, or undefined. It counts as one of its address until `notNew` says otherwise. */
  async reason(
    eventId: EventId,
    from: { readonly address: string; readonly userAgent: string; readonly website: string },
  ): Promise<ParkReason | undefined> {
    const address = plain(from.address);
    const crowd = this.#isCrowd(eventId, address);
    if (from.website !== '') return 'honeypot';
    const { blocked, userAgents } = await this.#watched(eventId);
    if (isIP(address) !== 0 && blocked.check(address, familyOf(address))) return 'address';
    const agent = from.userAgent.toLowerCase();
    if (userAgents.some((words) => agent.includes(words))) return 'user_agent';
    return crowd ? 'crowd' : undefined;
  }

  /** The join got no new place, so it is not counted. */
  notNew(eventId: EventId, address: string): void {
    this.#crowds.takeBack(`${eventId} ${plain(address)}`, Date.now());
  }

  /** An operator has changed the origins of this event. */
  changed(eventId: EventId): void {
    this.#slots.delete(eventId);
  }

  #isCrowd(eventId: EventId, address: string): boolean {
    const max = this.#deps.config.PARK_JOINS_PER_ADDRESS;
    return max > 0 && this.#crowds.count(`${eventId} ${address}`, Date.now()).count > max;
  }

  async #watched(eventId: EventId): Promise<Watched> {
    let slot = this.#slots.get(eventId);
    if (slot === undefined) {
      slot = { watched: NOBODY, readAtMs: Number.NEGATIVE_INFINITY };
      this.#slots.set(eventId, slot);
      if (this.#slots.size > EVENTS_MAX) this.#slots.delete(this.#slots.keys().next().value!);
    }
    if (performance.now() - slot.readAtMs < FRESH_MS) return slot.watched;
    const first = slot.readAtMs === Number.NEGATIVE_INFINITY;
    slot.reading ??= this.#read(eventId, slot).finally(() => {
      slot.reading = undefined;
    });
    // Later readings go on beside the joins; what was known a moment ago serves meanwhile.
    if (first) await slot.reading;
    return slot.watched;
  }

  /** Without PostgreSQL what was read last goes on to count: nobody is kept from joining. */
  async #read(eventId: EventId, slot: Slot): Promise<void> {
    try {
      slot.watched = watch(await readParkedOrigins(this.#deps.db, eventId));
    } catch (error) {
      this.#deps.log.debug({ eventId, err: (error as Error).message }, 'parked origins could not be read');
    }
    slot.readAtMs = performance.now();
  }
}

function watch({ addresses, userAgents }: Origins): Watched {
  const blocked = new BlockList();
  for (const address of addresses) addOrigin(blocked, address);
  return { blocked, userAgents };
}
