/** The tab's title, which is all that a visitor sees of a line they wait in elsewhere. */
import { useEffect } from 'preact/hooks';
import { words } from '../words.ts';

export function useTitle(page: string | undefined): void {
  useEffect(() => {
    document.title = words.title(page);
  }, [page]);
}
