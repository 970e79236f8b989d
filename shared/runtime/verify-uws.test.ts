import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import hashes from './uws-hashes.json' with { type: 'json' };
import { verifyUwsBinary } from './verify-uws.ts';

it('the installed uWebSockets.js is the one that was looked at', () => {
  verifyUwsBinary();
});

it('the table is of the package that the lock file installs', () => {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const { name, version, integrity } = lock.packages['node_modules/uWebSockets.js'];
  expect({ package: `${name}@${version}`, integrity }).toEqual({
    package: hashes.package,
    integrity: hashes.integrity,
  });
});
