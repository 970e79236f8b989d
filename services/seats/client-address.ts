/** Whose address a request has: that of the socket, or what a believed proxy says. */
import proxyAddr from '@fastify/proxy-addr';

/** Builds the function for a list of believed proxies; `loopback` and CIDR ranges are understood. */
export function clientAddress(trusted: readonly string[]): (remote: string, forwardedFor: string) => string {
  const trust = proxyAddr.compile([...trusted]);
  return (remote, forwardedFor) =>
    proxyAddr(
      { headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress: remote } } as never,
      trust,
    );
}

/** uWebSockets.js writes IPv4 in full IPv6 form; people and limits know it as IPv4. */
export function plainAddress(text: string): string {
  const mapped = /^(?:0000:){5}ffff:([0-9a-f]{4}):([0-9a-f]{4})$/.exec(text);
  if (mapped) {
    const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return text === '0000:0000:0000:0000:0000:0000:0000:0001' ? '::1' : text;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
