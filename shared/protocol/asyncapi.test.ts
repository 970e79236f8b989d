import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.ts';
import { ClientMessage } from './client-messages.ts';
import { ServerMessage } from './server-messages.ts';

const document = JSON.parse(JSON.stringify(asyncApiDocument('ws://house:8081')));

it('PR1 the AsyncAPI document has every message of the unions, in its direction', () => {
  const typesOf = (union: unknown) =>
    (union as { anyOf: { properties: { type: { const: string } } }[] }).anyOf.map(
      (each) => each.properties.type.const,
    );
  const namesIn = (operation: { messages: { $ref: string }[] }) =>
    operation.messages.map(({ $ref }) => $ref.split('/').at(-1));
  expect(namesIn(document.operations.say).sort()).toEqual(typesOf(ClientMessage).sort());
  expect(namesIn(document.operations.hear).sort()).toEqual(typesOf(ServerMessage).sort());
});

it('PR1 every reference of it leads somewhere, and every message has a payload', () => {
  const text = JSON.stringify(document);
  for (const [, path] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = path!
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    expect(target, path).toBeDefined();
  }
  for (const message of Object.values(document.channels.seatMap.messages) as {
    payload: { type: string };
  }[]) {
    expect(message.payload.type).toBe('object');
  }
  expect(document.servers.seats).toEqual({ host: 'house:8081', protocol: 'ws' });
});

it('PR5 PROTOCOL.md speaks of every message that the schemas have', () => {
  const prose = readFileSync(new URL('PROTOCOL.md', import.meta.url), 'utf8');
  for (const name of Object.keys(document.channels.seatMap.messages))
    expect(prose, name).toContain(`\`${name}\``);
});
