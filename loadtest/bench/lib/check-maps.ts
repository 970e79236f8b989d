/** Whether the sockets that keep a map have the one that Redis has. */
import { eventKey } from '../../../lua/keys.ts';
import type { House } from './house.ts';
import type { LoadClient } from './load-client.ts';

/** Says how many of the sampled maps are the same as Redis'; nothing may change meanwhile. */
export async function checkMaps(house: House, client: LoadClient): Promise<string> {
  const wanted = (await house.redis.getBuffer(eventKey(house.eventId, 'seats')))!;
  const maps = await client.maps();
  const same = maps.filter(({ bits }) => bits.equals(wanted.subarray(0, bits.length))).length;
  if (same !== maps.length || maps.length === 0)
    console.error(`Only ${same} of ${maps.length} maps are what Redis has.`);
  return `${same} of ${maps.length} maps are what Redis has`;
}
