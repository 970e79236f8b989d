import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { ClientMessage } from './client-messages.ts';
import { CLOSE } from './close-codes.ts';
import { encodeDelta, encodeSnapshot } from './codec.ts';
import { ServerMessage } from './server-messages.ts';
import * as version from './version.ts';

/**
 * Whoever changes the wire comes past here: think about clients that were loaded before, raise
 * PROTOCOL_VERSION where they would misread it, then write the new hash down.
 */
const WIRE = {
  version: 1,
  hash: '7729a853bb2cc50ce8c49840737e4b0e3581cd03225ba97e30f45e462ae1ed0f',
};

it('PR1 nobody changes the wire by accident', () => {
  const wire = JSON.stringify([
    ClientMessage,
    ServerMessage,
    CLOSE,
    version,
    [...encodeSnapshot(1_700_000_000_000, 77, 5, new Uint8Array([0b11100100, 0b01]))],
    [
      ...encodeDelta(
        70,
        77,
        new Map([[0, 1] as const, [1, 2] as const, [300, 0] as const, [99_999, 3] as const]),
      ),
    ],
  ]);
  const hash = createHash('sha256').update(wire).digest('hex');
  expect({ version: version.PROTOCOL_VERSION, hash }).toEqual(WIRE);
});
