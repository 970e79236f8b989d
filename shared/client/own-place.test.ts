import { describe, expect, it } from 'vitest';
import type { Place } from '../domain/place.ts';
import type { Board } from '../protocol/http.ts';
import { needsExactPlace, placeOnBoard } from './own-place.ts';

const place = (more: Partial<Place> = {}): Place => ({
  state: 'waiting',
  number: 40,
  position: 20,
  estimatedWaitMs: 60_000,
  latestWaitMs: 90_000,
  claimByMs: null,
  ...more,
});

const board = (more: Partial<Board> = {}): Board => ({
  state: 'open',
  opensAtMs: null,
  waiting: 30,
  inside: 5,
  capacity: 5,
  ratePerMinute: 60,
  calledThrough: 20,
  segments: [
    { from: 21, to: 30, waiting: 5 },
    { from: 31, to: 40, waiting: 5 },
  ],
  availableSeats: 100,
  message: '',
  updatedAtMs: 1,
  ...more,
});

describe('a place on the board', () => {
  it('AD6 moves up as the segments empty, and the estimate with it', () => {
    expect(placeOnBoard(place(), board())).toEqual(place({ position: 10, estimatedWaitMs: 30_000 }));
  });

  it('AD2 never moves back: the board is coarse, the line is not', () => {
    const known = place({ position: 7 });
    expect(placeOnBoard(known, board())).toBe(known);
  });

  it('AD9 tells no wait while the line is paused', () => {
    const paused = placeOnBoard(place(), board({ state: 'paused' }));
    expect([paused.estimatedWaitMs, paused.latestWaitMs]).toEqual([null, null]);
  });

  it('leaves a place alone that is not waiting', () => {
    const called = place({ state: 'called', position: null });
    expect(placeOnBoard(called, board())).toBe(called);
  });
});

describe('the exact place is asked for', () => {
  it('when the line was called past the number', () => {
    expect(needsExactPlace(place(), board(), board({ calledThrough: 40 }))).toBe(true);
    expect(needsExactPlace(place(), board(), board({ calledThrough: 39 }))).toBe(false);
  });

  it('when the lobby has closed', () => {
    const lobby = place({ state: 'lobby', position: null });
    expect(needsExactPlace(lobby, undefined, board({ state: 'lobby' }))).toBe(false);
    expect(needsExactPlace(lobby, undefined, board())).toBe(true);
  });

  it('when the line goes on after a pause', () => {
    expect(needsExactPlace(place(), board({ state: 'paused' }), board())).toBe(true);
  });
});
