/** Name and address of the last purchase, so that a second attempt or order need not be typed again. */
import type { Buyer } from '../../../../shared/client/usher-api.ts';

const KEY = 'usher.buyer';

export function rememberBuyer(buyer: Buyer): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(buyer));
  } catch {
    // Without storage it is typed again.
  }
}

export function rememberedBuyer(email = ''): Buyer {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Buyer | null;
    if (kept !== null) return kept;
  } catch {
    // As if there were none.
  }
  return { name: '', email };
}
