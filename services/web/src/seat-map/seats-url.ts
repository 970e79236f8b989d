/** Where the seat service is, seen from this page. */

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0']);

/**
 * A house that does not know its own name says `localhost`, which is true only on its own machine: the page's
 * host is then the better guess.
 */
export function seatsUrlFor(seatsUrl: string, pageHost: string, pageProtocol = 'http:'): string {
  const url = new URL(seatsUrl);
  if (LOCAL.has(url.hostname) && pageHost !== '' && !LOCAL.has(pageHost)) url.hostname = pageHost;
  // A page that came encrypted may not open a plain socket.
  if (pageProtocol === 'https:') url.protocol = 'wss:';
  return url.href;
}
