/** The drawn part of a ticket: the band, the house seen from above, the line to tear along. */
import type { CanvasElement } from 'pdfmake/interfaces.js';

/** Points. 210 x 99 mm: two fit on an A4 sheet with room for scissors, and a phone shows one across. */
export const TICKET = { width: 595.28, height: 280.63, bandHeight: 124, stubX: 418, margin: 26 } as const;

/** Where the QR code stands: 49 modules of 3 points each, with 4 modules of white around them. */
export const QR = { x: 418 + 15, y: 52, size: 147, quiet: 10 } as const;

export const INK = '#14172b';
export const PAPER_TINT = '#f5f4f0';
export const QUIET = '#6d7080';
export const HAIRLINE = '#d9d8d2';

/** Everything that is not text. `accent` is the colour of the price category. */
export function ticketArt(accent: string): CanvasElement[] {
  const { width, height, bandHeight, stubX } = TICKET;
  return [
    { type: 'rect', x: 0, y: 0, w: stubX, h: bandHeight, color: INK },
    ...house(accent),
    // What the house spills over the band's edges is covered again.
    { type: 'rect', x: 0, y: bandHeight, w: stubX, h: height - bandHeight, color: '#ffffff' },
    { type: 'rect', x: stubX, y: 0, w: width - stubX, h: height, color: PAPER_TINT },
    { type: 'rect', x: 0, y: bandHeight, w: stubX, h: 4, color: accent },
    {
      type: 'rect',
      x: QR.x - QR.quiet,
      y: QR.y - QR.quiet,
      w: QR.size + 2 * QR.quiet,
      h: QR.size + 2 * QR.quiet,
      r: 7,
      color: '#ffffff',
    },
    ...tearLine(),
  ];
}

/** Rows of seats around a stage that lies beyond the band's right edge; one of them is yours. */
function house(accent: string): CanvasElement[] {
  const seats: CanvasElement[] = [];
  const stage = { x: TICKET.stubX + 6, y: TICKET.bandHeight + 6 };
  for (let row = 0; row < 8; row += 1) {
    const radius = 42 + row * 13;
    const count = Math.floor((radius * Math.PI) / 2 / 11);
    for (let seat = 0; seat <= count; seat += 1) {
      const angle = Math.PI + (seat / count) * (Math.PI / 2);
      const x = stage.x + radius * Math.cos(angle);
      const y = stage.y + radius * Math.sin(angle);
      if (y < 4 || y > TICKET.bandHeight - 4 || x > TICKET.stubX - 5) continue;
      const yours = row === 3 && seat === Math.floor(count / 2);
      seats.push({
        type: 'ellipse',
        x,
        y,
        r1: yours ? 4.4 : 3.1,
        r2: yours ? 4.4 : 3.1,
        color: yours ? accent : '#ffffff',
        fillOpacity: yours ? 1 : 0.07 + row * 0.012,
      });
    }
  }
  return seats;
}

function tearLine(): CanvasElement[] {
  const { height, stubX } = TICKET;
  return [
    {
      type: 'line',
      x1: stubX,
      y1: 14,
      x2: stubX,
      y2: height - 14,
      lineWidth: 1.2,
      lineColor: '#b9b7af',
      dash: { length: 2, space: 4 },
    },
    { type: 'ellipse', x: stubX, y: 0, r1: 9, r2: 9, color: '#ffffff', lineColor: '#ffffff' },
    { type: 'ellipse', x: stubX, y: height, r1: 9, r2: 9, color: '#ffffff', lineColor: HAIRLINE },
  ];
}
