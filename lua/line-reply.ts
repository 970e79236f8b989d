/** What every script about a place replies, as the place that people see. */

import type { OnSaleState } from '../shared/domain/on-sale.ts';
import { latestWaitMs, type Place, type PlaceState } from '../shared/domain/place.ts';
import type { Reply } from './run-script.ts';

/** A visitor's part in the lobby's draw: the number of its join, by which its receipt goes. */
export type LobbyEntry = { readonly lineEpoch: number; readonly number: number };

/** Reads the reply of `include/place.lua`. */
export function parsePlace(reply: Reply): {
  place: Place;
  lineEpoch: number;
  /** Null for whoever has joined after the lobby, or where there is none. */
  lobby: LobbyEntry | null;
  admissionEndsAtMs: number | null;
} {
  const [
    ,
    state,
    number,
    ahead,
    claimByMs,
    admissionEndsAtMs,
    slotEndsAtMs,
    nowMs,
    capacity,
    admissionMs,
    ratePerMinute,
    onSale,
    pacePerMinuteMilli,
    lineEpoch,
    lobbyNumber,
  ] = reply as unknown as [
    string,
    PlaceState,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    OnSaleState,
    number,
    number,
    number,
  ];
  const waiting = state === 'waiting';
  const called = state === 'called';
  const latest = waiting ? latestWaitMs(ahead, capacity, slotEndsAtMs, admissionMs, nowMs) : null;
  // Nobody can say how long a pause lasts, so nobody is told.
  const tellable = waiting && onSale === 'open' && ratePerMinute > 0;
  return {
    lineEpoch,
    lobby: lobbyNumber < 0 ? null : { lineEpoch, number: lobbyNumber },
    admissionEndsAtMs: admissionEndsAtMs < 0 ? null : admissionEndsAtMs,
    place: {
      state,
      number,
      position: waiting ? ahead + 1 : null,
      estimatedWaitMs: called
        ? 0
        : tellable
          ? estimate(ahead, latest!, ratePerMinute, pacePerMinuteMilli)
          : null,
      latestWaitMs: called ? 0 : tellable ? latest : null,
      claimByMs: called ? claimByMs : null,
    },
  };
}

/**
 * The wait at the observed pace. The rate bounds it from below, since nobody is called faster; before anything
 * was observed, the bound that holds in any case is the best guess.
 */
function estimate(ahead: number, latest: number, ratePerMinute: number, pacePerMinuteMilli: number): number {
  const atRate = Math.ceil((ahead * 60_000) / ratePerMinute);
  if (pacePerMinuteMilli <= 0) return Math.max(atRate, latest);
  return Math.max(
    atRate,
    Math.min(Math.ceil(((ahead + 1) * 60_000_000) / pacePerMinuteMilli), Math.max(latest, atRate)),
  );
}
