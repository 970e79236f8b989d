import { expect, it } from 'vitest';
import { parseArgs } from './args.ts';

const shape = {
  variables: ['GATEWAY_PORT', 'SEATS_PORT', 'LOG_LEVEL'],
  aliases: { port: 'GATEWAY_PORT' },
  flags: ['fresh', 'help'],
};

it('reads options with a space or an equals sign as environment variables', () => {
  const args = parseArgs(['--port', '9000', '--log-level=debug', '--fresh', '3', '5000'], shape);
  expect(args.env).toEqual({ GATEWAY_PORT: '9000', LOG_LEVEL: 'debug' });
  expect([...args.flags]).toEqual(['fresh']);
  expect(args.positionals).toEqual(['3', '5000']);
});

it('names near matches of an unknown option', () => {
  expect(() => parseArgs(['--prot', '9000'], shape)).toThrow(
    'There is no option --prot. Did you mean --port?',
  );
  expect(() => parseArgs(['--port-seats', '1'], shape)).toThrow('There is no option --port-seats.');
  expect(() => parseArgs(['--level', 'debug'], shape)).toThrow('Did you mean --log-level?');
});

it('wants a value where there must be one, and none where there must not', () => {
  expect(() => parseArgs(['--port'], shape)).toThrow('--port wants a value');
  expect(() => parseArgs(['--port', '--fresh'], shape)).toThrow('--port wants a value');
  expect(() => parseArgs(['--fresh=yes'], shape)).toThrow('--fresh takes no value');
});
