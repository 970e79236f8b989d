/** The page's one client of the gateway, on its own origin: who asks is told by cookies. */
import { HttpClient } from '../../../shared/client/http-client.ts';
import { UsherApi } from '../../../shared/client/usher-api.ts';
import type { OrderView, SeatMap } from '../../../shared/protocol/http.ts';
import { noteDate } from './clock.ts';

export const http = new HttpClient({ onDate: noteDate });
export const api = new UsherApi(http);

const maps = new Map<number, Promise<SeatMap>>();

/** The static map, fetched once; waiting visitors fetch it ahead so that entering costs nothing. */
export function loadSeatMap(eventId: number): Promise<SeatMap> {
  let map = maps.get(eventId);
  if (map === undefined) {
    map = api.seatMap(eventId);
    maps.set(eventId, map);
    map.catch(() => maps.delete(eventId));
  }
  return map;
}

/** @param search the page's own query: a mailed link carries its signature there. */
export const loadOrder = (orderId: string, search = ''): Promise<OrderView> =>
  api.orderView(orderId + search);
