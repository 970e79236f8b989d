import { describe, expect, it } from 'vitest';
import { AttemptWindow, WINDOW_MS } from './attempt-window.ts';

describe('attempts', () => {
  it('AC1 are counted by key, in a minute that begins with the first', () => {
    const window = new AttemptWindow();
    expect(window.count('a', 1_000)).toEqual({ count: 1, endsInMs: WINDOW_MS });
    expect(window.count('a', 1_500)).toEqual({ count: 2, endsInMs: WINDOW_MS - 500 });
    expect(window.count('b', 31_000).count).toBe(1);
    expect(window.count('a', 60_999).count).toBe(3);
    expect(window.count('a', 61_000).count).toBe(1);
    // The maps have taken turns, and b's minute is not over.
    expect(window.count('b', 90_999).count).toBe(2);
    expect(window.count('b', 91_000).count).toBe(1);
  });
});
