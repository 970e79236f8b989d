import { describe, expect, it } from 'vitest';
import { seatsUrl } from './seats-url.ts';

describe('the address of the sockets', () => {
  const config = { SEATS_PUBLIC_URL: '', SEATS_PORT: 8_081 };

  it.each([
    [{ hostname: 'localhost', protocol: 'http' }, 'ws://localhost:8081'],
    [{ hostname: 'tickets.example', protocol: 'https' }, 'wss://tickets.example:8081'],
    [{ hostname: '[::1]', protocol: 'http' }, 'ws://[::1]:8081'],
    [{ hostname: 'evil"/x', protocol: 'http' }, 'ws://localhost:8081'],
    [{ hostname: '', protocol: 'http' }, 'ws://localhost:8081'],
  ] as const)('AD4 follows the request %o', (request, url) => {
    expect(seatsUrl(config, request)).toBe(url);
  });

  it('AD4 is the one that was set, where one was', () => {
    const set = { ...config, SEATS_PUBLIC_URL: 'https://seats.example/' };
    expect(seatsUrl(set, { hostname: 'a', protocol: 'http' })).toBe('wss://seats.example');
  });
});
