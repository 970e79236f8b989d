/** Which pages may open a socket. A tool sends no Origin and may. Rule PR3. */

/**
 * @param allowed whole origins; where empty, a page from the host name that the request itself was sent to.
 * @param host the request's Host header, with or without a port.
 */
export function isAllowedOrigin(origin: string, host: string, allowed: readonly string[]): boolean {
  if (origin === '') return true;
  if (allowed.length > 0) return allowed.includes(origin);
  if (!URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false;
  return new URL(origin).hostname === new URL(`http://${host}`).hostname;
}
