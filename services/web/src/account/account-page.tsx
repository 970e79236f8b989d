/** The orders of an account. */
import type { JSX } from 'preact';
import type { OrderView } from '../../../../shared/protocol/http.ts';
import { http } from '../api.ts';
import { formatDay, formatPrice, formatTime } from '../format.ts';
import { Failure, Loading } from '../parts/notices.tsx';
import { useTitle } from '../parts/title.ts';
import { session } from '../session.ts';
import { useLoaded, useStore } from '../store.ts';
import '../styles/order.css';
import { DateBlock } from '../parts/date-block.tsx';
import { words } from '../words.ts';

/** An order of the history, with what a list shows of its event. */
type PastOrder = OrderView & {
  readonly eventName: string;
  readonly venue: string;
  readonly startsAtMs: number;
};

/** Guests have orders too: those of this browser. */
export function AccountPage(): JSX.Element {
  useTitle(words.account.title);
  const { account } = useStore(session);
  return (
    <div class="page">
      <div class="page-head">
        <h1>{words.account.title}</h1>
        <span class="row">
          {account === undefined ? (
            <a class="button button-small" href="/login">
              {words.nav.login}
            </a>
          ) : (
            <>
              <span class="muted small">{account.email}</span>
              <button type="button" class="button button-small" onClick={() => void session.end()}>
                {words.nav.logout}
              </button>
            </>
          )}
        </span>
      </div>
      <Orders key={account?.accountId} />
    </div>
  );
}

async function loadOrders(): Promise<readonly PastOrder[]> {
  try {
    const { orders } = await http.get<{ orders: readonly PastOrder[] }>('/me/orders');
    // A card that was declined is no ticket; the checkout has told of it.
    return orders.filter(({ status }) => status !== 'failed');
  } catch (error) {
    // Nobody yet: neither bought nor logged in.
    if ((error as { status?: number }).status !== 401) throw error;
    session.forget();
    return [];
  }
}

function Orders(): JSX.Element {
  const orders = useLoaded(loadOrders, 'orders');
  if (orders.state === 'failed') return <Failure error={orders.error} onRetry={orders.reload} />;
  if (orders.state === 'loading') return <Loading />;
  if (orders.value.length === 0) {
    return (
      <div class="empty">
        <p>{words.account.none}</p>
        {session.account === undefined && <p class="muted">{words.account.elsewhere}</p>}
        <a class="button button-primary" href="/">
          {words.account.find}
        </a>
      </div>
    );
  }
  return (
    <ul class="order-list">
      {orders.value.map((order) => (
        <li key={order.orderId}>
          <a class="card order-row" href={`/orders/${order.orderId}`}>
            <DateBlock atMs={order.startsAtMs} />
            <span class="order-row-text">
              <b>{order.eventName}</b>
              <span class="muted small">
                {order.venue} · {formatDay(order.startsAtMs)}, {formatTime(order.startsAtMs)}
              </span>
              <span class="small">
                {words.tickets(order.seats.length)} · {formatPrice(order.amountMinor, order.currency)}
              </span>
            </span>
            <span class={`badge badge-${order.status}`}>{words.order.status[order.status]}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
