import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OptionError, parseOptions } from './options.ts';

const refusal = (...words: string[]): string => {
  try {
    parseOptions(words);
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
  return '';
};

test('reads values with a space and with an equals sign', () => {
  const options = parseOptions(['--event', '2', '--connections=1000', '--duration', '10']);
  assert.deepEqual(options.events, [2]);
  assert.equal(options.connections, 1_000);
  assert.equal(options.durationS, 10);
  assert.equal(options.size, 'standard');
});

test('reads several events once each', () => {
  assert.deepEqual(parseOptions(['--multi', '--events', '1,2, 3,2']).events, [1, 2, 3]);
});

test('takes the slash off an address', () => {
  assert.equal(parseOptions(['--url', 'http://localhost:9000/']).url, 'http://localhost:9000');
});

test('refuses with a sentence', () => {
  assert.match(refusal('--conections', '5'), /There is no option --conections/);
  assert.match(refusal('smoke'), /"smoke" is no option/);
  assert.match(refusal('--event', '0'), /--event wants a whole number from 1/);
  assert.match(refusal('--connections'), /wants a value/);
  assert.match(refusal('--smoke=yes'), /takes no value/);
  assert.match(refusal('--smoke', '--full'), /exclude each other/);
  assert.match(refusal('--multi'), /--events/);
  assert.match(refusal('--url', 'localhost'), /wants an address/);
});
