import { expect, it } from 'vitest';
import { EventStreamParser } from './event-stream.ts';

it('reads events however the text was cut', () => {
  const text =
    'retry: 2000\n\n: beat\n\nevent: board\ndata: {"a":1}\n\nevent:place\r\ndata:x\r\ndata: y\r\n\r\ndata: z\n\n';
  const expected = [
    { name: 'board', data: '{"a":1}' },
    { name: 'place', data: 'x\ny' },
    { name: 'message', data: 'z' },
  ];
  for (const size of [1, 3, 7, text.length]) {
    const parser = new EventStreamParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
    expect(events).toEqual(expected);
  }
});

it('gives up on a stream without ends of line', () => {
  const parser = new EventStreamParser();
  expect(() => parser.push('x'.repeat(1_000_001))).toThrow(RangeError);
});
