import { expect, it } from 'vitest';
import { seatsUrlFor } from './seats-url.ts';

it('replaces a host that means this machine by the page’s own', () => {
  expect(seatsUrlFor('ws://localhost:8081/events/7', '10.0.0.5')).toBe('ws://10.0.0.5:8081/events/7');
  expect(seatsUrlFor('ws://localhost:8081/events/7', '127.0.0.1')).toBe('ws://localhost:8081/events/7');
  expect(seatsUrlFor('wss://seats.example.org/events/7', 'example.org')).toBe(
    'wss://seats.example.org/events/7',
  );
});

it('opens an encrypted socket from an encrypted page', () => {
  expect(seatsUrlFor('ws://h:1/events/7', 'h', 'https:')).toBe('wss://h:1/events/7');
});
