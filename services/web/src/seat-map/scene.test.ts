import { describe, expect, it } from 'vitest';
import type { Plan, Seat } from '../../../../shared/domain/plan.ts';
import { Scene } from './scene.ts';
import { nextSeat } from './seat-cursor.ts';

/** Three rows of four seats with an aisle after the second, and a standing area below. */
function plan(): Plan {
  const seat = (row: number, column: number): Seat => ({
    index: row * 4 + column,
    label: String(column + 1),
    x: 20 + column * 20 + (column > 1 ? 40 : 0),
    y: 20 + row * 20,
    categoryId: row === 0 ? 'dear' : 'cheap',
    ...(row === 2 && column === 0 && { trait: 'wheelchair' as const }),
  });
  return {
    name: 'Test',
    currency: 'EUR',
    width: 200,
    height: 200,
    focus: [60, 0],
    seatCount: 17,
    categories: [
      { id: 'dear', name: 'Dear', color: '#aa0000', priceMinor: 900 },
      { id: 'cheap', name: 'Cheap', color: '#00aa00', priceMinor: 500 },
    ],
    sections: [
      {
        kind: 'seated',
        id: 'main',
        name: 'Main',
        outline: [
          [0, 0],
          [160, 0],
          [160, 80],
          [0, 80],
        ],
        labelAt: [80, 40],
        rows: [0, 1, 2].map((row) => ({
          label: 'ABC'[row]!,
          seats: [0, 1, 2, 3].map((column) => seat(row, column)),
        })),
      },
      {
        kind: 'general',
        id: 'floor',
        name: 'Floor',
        outline: [
          [0, 100],
          [160, 100],
          [160, 180],
          [0, 180],
        ],
        labelAt: [80, 140],
        categoryId: 'cheap',
        firstIndex: 12,
        capacity: 5,
      },
    ],
    fixtures: [],
  };
}

describe('the plan laid out', () => {
  const scene = new Scene(plan());

  it('knows what a seat is', () => {
    expect(scene.facts(6)).toMatchObject({ row: 'B', seat: { label: '3' }, category: { id: 'cheap' } });
    expect(scene.facts(14)).toMatchObject({ section: { id: 'floor' }, category: { id: 'cheap' } });
    expect(scene.facts(14).row).toBeUndefined();
    expect([scene.isWheelchair[8], scene.isWheelchair[9]]).toEqual([1, 0]);
    expect(scene.sections.map(({ first, end }) => [first, end])).toEqual([
      [0, 12],
      [12, 17],
    ]);
    expect(scene.sections[0]?.mainCategory).toBe(1);
  });

  it('finds the seat and the section at a point', () => {
    expect(scene.grid.nearest(42, 38, 10)).toBe(5);
    expect(scene.grid.nearest(60, 38, 5)).toBe(-1);
    expect(scene.grid.nearest(42, 38, 25, (seat) => seat !== 5)).toBe(1);
    expect(scene.sectionAt(10, 150)?.section.id).toBe('floor');
    expect(scene.sectionAt(10, 90)).toBeUndefined();
  });

  it('leads the keyboard from seat to seat, over the aisle, and stops at the edge', () => {
    expect(nextSeat(scene, 4, 'right')).toBe(5);
    expect(nextSeat(scene, 5, 'right')).toBe(6);
    expect(nextSeat(scene, 6, 'down')).toBe(10);
    expect(nextSeat(scene, 6, 'up')).toBe(2);
    expect(nextSeat(scene, 3, 'right')).toBe(3);
  });
});
