/**
 * Builds the page into `dist`, which the gateway serves: `assets/` for ever, `index.html` for every route of
 * the page. Its policy allows no inline script or style, so nothing here may inject one.
 */
import { promises as files } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';

const GATEWAY = process.env.GATEWAY_URL ?? 'http://localhost:8080';

/** A browser that opens a page's address wants the page; a script that asks for JSON wants the API. */
const api = {
  target: GATEWAY,
  bypass: (request: { headers: { accept?: string | undefined } }) =>
    request.headers.accept?.includes('text/html') ? '/index.html' : undefined,
};

/** Puts a `.br` and a `.gz` beside each file: the gateway sends them as they are and compresses nothing itself. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      await Promise.all(
        Object.keys(bundle).map(async (name) => {
          const path = join(dir, name);
          const content = await files.readFile(path);
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
          await files.writeFile(`${path}.br`, await promisify(brotliCompress)(content, quality));
          await files.writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
        }),
      );
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [preact(), compressed()],
  build: {
    target: 'es2022',
    // The first page stays small; the seat map and the operator's console come when they are wanted.
    chunkSizeWarningLimit: 180,
    sourcemap: false,
    // Each CSS file is its own asset: an inlined one would need `style-src data:`.
    assetsInlineLimit: 0,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/events', '/orders', '/tickets', '/auth', '/me', '/admin', '/dev', '/buy', '/health'].map((path) => [
        path,
        api,
      ]),
    ),
  },
});
