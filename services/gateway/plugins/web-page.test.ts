import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../deps.ts';
import { installErrors } from './errors.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { installWebPage, isNavigation, pageInsteadOfData } from './web-page.ts';

let root: string;
let app: App;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'page-'));
  mkdirSync(join(root, 'assets'));
  writeFileSync(join(root, 'index.html'), '<title>Usher</title>');
  writeFileSync(join(root, 'assets', 'app-1.js'), 'let a;');
  writeFileSync(join(root, 'assets', 'app-1.js.br'), 'packed');
  app = fastify({
    rewriteUrl: (request) =>
      pageInsteadOfData(request.url!) && isNavigation(request) ? '/index.html' : request.url!,
  }) as unknown as App;
  installErrors(app, pino({ level: 'silent' }), createGatewayMetrics(new Registry()));
  app.get('/orders/:orderId', async () => ({ order: true }));
  await installWebPage(app, root);
});

afterAll(async () => {
  await app.close();
  rmSync(root, { recursive: true });
});

const html = { accept: 'text/html,application/xhtml+xml' };

describe('the web page', () => {
  it('ER1 an address that nobody serves is the page to a browser and not_found to a script', async () => {
    const page = await app.inject({ url: '/e/7', headers: html });
    expect([page.statusCode, page.body]).toEqual([200, '<title>Usher</title>']);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(page.headers['cache-control']).toBe('no-cache');
    const script = await app.inject({ url: '/e/7', headers: { accept: 'application/json' } });
    expect([script.statusCode, script.json().code]).toEqual([404, 'not_found']);
    const post = await app.inject({ method: 'POST', url: '/e/7', headers: html });
    expect(post.statusCode).toBe(404);
  });

  it('ER1 an order’s address is the page to a browser and the order to a script', async () => {
    expect((await app.inject({ url: '/orders/1', headers: html })).body).toContain('<title>');
    expect((await app.inject({ url: '/orders/1' })).json()).toEqual({ order: true });
  });

  it('SE1 named assets are kept for ever and come compressed where they are', async () => {
    const asset = await app.inject({ url: '/assets/app-1.js', headers: { 'accept-encoding': 'br' } });
    expect(asset.body).toBe('packed');
    expect(asset.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'x-content-type-options': 'nosniff',
    });
    expect((await app.inject({ url: '/assets/../../etc/passwd' })).statusCode).toBe(404);
    expect((await app.inject({ url: '/assets/%2e%2e/%2e%2e/etc/passwd' })).statusCode).toBeGreaterThanOrEqual(
      403,
    );
  });
});
