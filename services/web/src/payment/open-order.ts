/** The order that is being paid for in this tab, so that a reload in the middle finds it again. */

const KEY = 'usher.order';

type OpenOrder = { readonly eventId: number; readonly orderId: string };

export function rememberOrder(order: OpenOrder | undefined): void {
  try {
    if (order === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(order));
  } catch {
    // Without storage a reload shows the map; the mail comes all the same.
  }
}

/** The order of this event whose outcome this tab has not seen. */
export function openOrderOf(eventId: number): string | undefined {
  try {
    const order = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as OpenOrder | null;
    return order?.eventId === eventId ? order.orderId : undefined;
  } catch {
    return undefined;
  }
}
