/** The page's addresses: a handful, so a table and the History API are the whole router. */
import { useEffect, useState } from 'preact/hooks';
import { parseEventId } from '../../../shared/domain/ids.ts';

export type Route =
  | { readonly page: 'events' }
  | { readonly page: 'event'; readonly eventId: number }
  | { readonly page: 'order'; readonly orderId: string }
  | { readonly page: 'login' | 'account' | 'outbox' | 'operator' | 'nothing' };

/** Which page an address is. */
export function parseRoute(path: string): Route {
  const [first = '', second] = path.split('/').filter((part) => part !== '');
  if (first === '') return { page: 'events' };
  if (first === 'e' && second !== undefined) {
    const eventId = parseEventId(second);
    return eventId === undefined ? { page: 'nothing' } : { page: 'event', eventId };
  }
  if (first === 'orders' && second !== undefined) return { page: 'order', orderId: second };
  if (first === 'login' || first === 'account' || first === 'outbox' || first === 'operator') {
    return { page: first };
  }
  return { page: 'nothing' };
}

const listeners = new Set<() => void>();

/** Goes to an address of the page, as a new entry of the history or in place of this one. */
export function navigate(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  window.scrollTo(0, 0);
  for (const listener of [...listeners]) listener();
}

/** The present address, as state of a component. */
export function useLocation(): { readonly path: string; readonly hash: string; readonly search: string } {
  const [, setCount] = useState(0);
  useEffect(() => {
    const listener = () => setCount((count) => count + 1);
    listeners.add(listener);
    window.addEventListener('popstate', listener);
    return () => {
      listeners.delete(listener);
      window.removeEventListener('popstate', listener);
    };
  }, []);
  return { path: location.pathname, hash: location.hash, search: location.search };
}

/** Lets plain links navigate without loading the page anew; modified clicks stay the browser's. */
export function onLinkClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
  if (parseRoute(link.pathname).page === 'nothing') return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}
