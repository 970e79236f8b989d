import { expect, it } from 'vitest';
import { poseBetween, View } from './view.ts';

function view(): View {
  const made = new View({ left: 0, top: 0, right: 1_000, bottom: 500 });
  made.resize(400, 300);
  made.insets = { top: 20, right: 20, bottom: 20, left: 20 };
  made.pose = made.fitting();
  return made;
}

it('shows all of the house within the insets', () => {
  const v = view();
  expect(v.toScreen(0, 0).x).toBeCloseTo(20);
  expect(v.toScreen(1_000, 500).x).toBeCloseTo(380);
  expect(v.toScreen(500, 250).y).toBeCloseTo(150);
});

it('keeps the point under the hand where it is while zooming', () => {
  const v = view();
  const before = v.toHouse(250, 160);
  v.pose = v.zoomed(3, 250, 160);
  const after = v.toScreen(before.x, before.y);
  expect([after.x, after.y]).toEqual([expect.closeTo(250), expect.closeTo(160)]);
});

it('does not let the house out of sight, nor the zoom out of its range', () => {
  const v = view();
  v.pose = v.panned(99_999, 99_999);
  expect(v.toScreen(0, 0)).toEqual({ x: expect.closeTo(200), y: expect.closeTo(150) });
  v.pose = v.zoomed(1e9);
  expect(v.pitchPx).toBeCloseTo(56);
  v.pose = v.zoomed(1e-9);
  expect(v.toScreen(1_000, 0).x - v.toScreen(0, 0).x).toBeGreaterThan(250);
});

it('glides from one pose to the other', () => {
  const from = { scale: 1, x: 0, y: 0 };
  const to = { scale: 4, x: 100, y: 50 };
  expect(poseBetween(from, to, 0, 400, 300)).toEqual(from);
  expect(poseBetween(from, to, 1, 400, 300)).toEqual(to);
  expect(poseBetween(from, to, 0.5, 400, 300).scale).toBeCloseTo(2);
});
