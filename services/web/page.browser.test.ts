/**
 * The page as visitors have it: two browsers in one house. What is checked is what people see or hear: texts,
 * and the description of the seat that the keyboard is at, which follows the live map.
 */
import { readFile } from 'node:fs/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type House, startHouse } from '../../shared/testing/house.ts';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

let house: House;
let browser: Browser;
const pages: Page[] = [];
/** What a page complained of: faults of scripts, and everything that its policy forbade. */
const complaints: string[] = [];

beforeAll(async () => {
  [house, browser] = await Promise.all([
    startHouse(),
    chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await house?.close();
});

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.context().close()));
  expect(complaints.splice(0)).toEqual([]);
});

async function visitor(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ ...options, locale: 'en-GB', acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  pages.push(page);
  return page;
}

/** From the front page through the line into the seat map. */
async function enter(page: Page, eventName: string): Promise<void> {
  await page.goto(house.gatewayUrl);
  await page.getByPlaceholder('Search events or venues').fill(eventName);
  await page.getByRole('link', { name: eventName }).click();
  await page.getByRole('button', { name: 'Get tickets' }).click();
  await page.getByText('It’s your turn').waitFor();
  await page.locator('canvas').waitFor();
  // The state line goes when the snapshot is there.
  await page.locator('.link-state').waitFor({ state: 'detached' });
}

/** What a screen reader is told of the seat that the keyboard is at. */
const said = (page: Page) => page.locator('.map-said');

async function payWith(page: Page, card: string): Promise<void> {
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByRole('radio', { name: card }).check();
  await page.getByRole('button', { name: /^Pay / }).click();
}

async function makeEvent(name: string, venue: Record<string, unknown>, onSale: object = {}): Promise<void> {
  const response = await fetch(`${house.gatewayUrl}/admin/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${house.operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      startsAtMs: Date.now() + 86_400_000,
      venue,
      onSale: { capacity: 100, ratePerMinute: 60_000, ...onSale },
    }),
  });
  expect(response.status).toBe(201);
}

describe('two visitors', () => {
  it('see each other’s seats locked and sold, live, and one takes the ticket home', async () => {
    await makeEvent('Two Chairs', { template: 'theatre', seats: 200 });
    const buyer = await visitor(DESKTOP);
    const other = await visitor(DESKTOP);
    await Promise.all([enter(buyer, 'Two Chairs'), enter(other, 'Two Chairs')]);

    // The same key leads both to the same seat: the one in the middle of the house.
    for (const page of [buyer, other]) await page.locator('canvas').press('ArrowRight');
    const seat = (await said(other).textContent()) ?? '';
    expect(seat).toMatch(/row \w+, seat \d+.*Free\.$/);
    expect(await said(buyer).textContent()).toBe(seat);

    await buyer.locator('canvas').press('Enter');
    await buyer.getByText('Kept for you').waitFor();
    await said(buyer).filter({ hasText: 'Yours.' }).waitFor({ state: 'attached' });
    await said(other).filter({ hasText: 'Being chosen by somebody.' }).waitFor({ state: 'attached' });

    await other.locator('canvas').press('Enter');
    await other.getByText('Somebody is choosing this seat').waitFor();

    await buyer.getByRole('button', { name: 'Continue to payment' }).click();
    await payWith(buyer, 'Is declined');
    await buyer.getByText('The bank declined the card').waitFor();
    await buyer.getByText('Kept for you').waitFor();
    await payWith(buyer, '4242');
    await buyer.getByRole('heading', { name: 'See you there!' }).waitFor();
    await said(other).filter({ hasText: 'Sold.' }).waitFor({ state: 'attached' });

    const download = buyer.waitForEvent('download');
    await buyer.getByRole('button', { name: 'PDF' }).click();
    const pdf = await readFile(await (await download).path());
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');

    await buyer.goto(`${house.gatewayUrl}/account`);
    await buyer.getByText('1 ticket').waitFor();
  });

  it('keep their seats when they reload, and give them back when they leave', async () => {
    await makeEvent('Come and Go', { template: 'theatre', seats: 120 });
    const page = await visitor(DESKTOP);
    const other = await visitor(DESKTOP);
    await Promise.all([enter(page, 'Come and Go'), enter(other, 'Come and Go')]);
    for (const each of [page, other]) await each.locator('canvas').press('ArrowRight');
    await page.locator('canvas').press('Enter');
    await said(other).filter({ hasText: 'Being chosen' }).waitFor({ state: 'attached' });

    await page.reload();
    await page.locator('.basket li').waitFor();
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
    await page.getByText('You left').waitFor();
    await said(other).filter({ hasText: 'Free.' }).waitFor({ state: 'attached' });
  });
});

describe('a house that restarts', () => {
  it('PR10 is come back to, and the map and the seats are as they were', async () => {
    await makeEvent('Second Wind', { template: 'theatre', seats: 120 });
    const page = await visitor(DESKTOP);
    await enter(page, 'Second Wind');
    await page.locator('canvas').press('ArrowRight');
    await page.locator('canvas').press('Enter');
    await page.locator('.basket li').waitFor();
    await house.kill('seats');
    await page.getByText('Connection lost').waitFor();
    await house.start('seats');
    await page.locator('.link-state').waitFor({ state: 'detached' });
    expect(await page.locator('.basket li').count()).toBe(1);
    await page.getByRole('button', { name: 'Give back' }).click();
    await said(page).filter({ hasText: 'Free.' }).waitFor({ state: 'attached' });
  });
});

describe('on a phone', () => {
  it('AD1 waits while the line stands, keeps the place over a reload, and buys the best seats', async () => {
    await makeEvent('Small Screen', { template: 'arena', seats: 2_000 }, { ratePerMinute: 0 });
    const page = await visitor(PHONE);
    await page.goto(house.gatewayUrl);
    await page.getByRole('link', { name: 'Small Screen' }).tap();
    await page.getByRole('button', { name: 'Get tickets' }).tap();
    await page.getByText('You are in line').waitFor();
    await page.getByText('You are next').waitFor();
    await page.reload();
    await page.getByText('You are next').waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);

    const eventId = new URL(page.url()).pathname.split('/')[2];
    await fetch(`${house.gatewayUrl}/admin/events/${eventId}/on-sale`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${house.operatorToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ratePerMinute: 60_000 }),
    });
    await page.locator('canvas').waitFor();
    await page.getByRole('button', { name: 'Tap a free seat' }).tap();
    await page.getByRole('button', { name: 'Find' }).tap();
    await page.locator('.basket li').nth(1).waitFor();
    await page.getByRole('button', { name: 'Continue to payment' }).tap();
    await payWith(page, '4242');
    await page.getByRole('heading', { name: 'See you there!' }).waitFor();
    expect(await page.locator('.ticket').count()).toBe(2);
  });

  it('buys places that are alike', async () => {
    await makeEvent('Standing Room', { template: 'general', seats: 50 });
    const page = await visitor(PHONE);
    await enter(page, 'Standing Room');
    for (const count of [1, 2, 3]) {
      await page.getByRole('button', { name: 'One more' }).tap();
      await page.getByText(`${count} × General admission`).waitFor();
    }
    await page.getByRole('button', { name: 'One fewer' }).tap();
    await page.getByText('2 × General admission').waitFor();
    await page.getByRole('button', { name: 'Continue to payment' }).tap();
    await payWith(page, '4242');
    await page.getByText('Your 2 tickets are ready').waitFor();
  });
});
