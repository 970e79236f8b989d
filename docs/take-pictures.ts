/**
 * Takes the README's pictures of a house that runs: `npm start`, then `node docs/take-pictures.ts [url]`. It sells
 * and holds seats of an event of its own first, so that the map looks as it does during a sale.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { Buyer, call } from '../shared/testing/buyer.ts';

const gatewayUrl = process.argv[2] ?? 'http://localhost:8080';
const images = fileURLToPath(new URL('images/', import.meta.url));
const BUYERS = 110;
const CARD = 'pm_card_visa';

const { body: login } = await call<{ token: string }>(`${gatewayUrl}/auth/login`, {
  method: 'POST',
  body: { email: 'operator@usher.local', password: 'operator' },
});
const { body: made } = await call<{ eventId: number }>(`${gatewayUrl}/admin/events`, {
  method: 'POST',
  token: login.token,
  body: {
    name: 'An Evening at the Old Mill',
    startsAtMs: Date.now() + 30 * 86_400_000,
    venue: { template: 'theatre', seats: 1_500, name: 'Old Mill Theatre' },
    onSale: { capacity: 300, ratePerMinute: 60_000, holdMs: 600_000, seatsPerVisitorMax: 8 },
  },
});
const { eventId } = made;

/** Every third only holds; the others pay. */
async function take(at: number): Promise<void> {
  const buyer = new Buyer(gatewayUrl, eventId);
  const { admissionToken } = await buyer.enter();
  const first = (at * 397) % 1_490;
  const wish =
    at % 2 === 0
      ? { best: { count: 2 + (at % 3) } }
      : { seats: [first, first + 1, first + 2].slice(0, 1 + (at % 3)) };
  const { status, body } = await call<{ holdId: string }>(`${gatewayUrl}/events/${eventId}/holds`, {
    method: 'POST',
    token: admissionToken,
    body: wish,
  });
  if (status === 201 && at % 3 !== 0) await buyer.order(body.holdId, CARD);
}
for (let at = 0; at < BUYERS; at += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, more) => take(at + more)));
}

await mkdir(images, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
const context = await browser.newContext({
  viewport: { width: 1280, height: 800 },
  deviceScaleFactor: 1.5,
  locale: 'en-GB',
});
const page: Page = await context.newPage();
await page.goto(`${gatewayUrl}/e/${eventId}`);
await page.getByRole('button', { name: 'Get tickets' }).click();
await page.getByRole('button', { name: 'Find' }).click();
await page.getByText('Row').first().waitFor();
await page.mouse.move(440, 430);
for (let turn = 0; turn < 3; turn++) await page.mouse.wheel(0, -220);
await page.mouse.move(1_200, 700);
await page.waitForTimeout(1_500);
await page.screenshot({ path: `${images}seat-map.png` });
await browser.close();
