/** One order: how the payment went, and the tickets. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderView, SeatMap } from '../../../../shared/protocol/http.ts';
import { api, loadOrder, loadSeatMap } from '../api.ts';
import { formatDayLong, formatPrice, formatTime } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Callout, Failure, Loading } from '../parts/notices.tsx';
import { Poster } from '../parts/poster.tsx';
import { useTitle } from '../parts/title.ts';
import { rememberedBuyer } from '../payment/buyer.ts';
import { useLocation } from '../router.ts';
import { useLoaded } from '../store.ts';
import '../styles/order.css';
import { words } from '../words.ts';
import { PdfButton } from './pdf-button.tsx';
import { seatFinder } from './seat-names.ts';

/** How often a payment under way, or tickets being made, are asked for. */
const POLL_MS = 1_500;

export function OrderPage({ orderId }: { orderId: string }): JSX.Element {
  const { search } = useLocation();
  const order = useLoaded(() => loadOrder(orderId, search), orderId + search);
  const view = order.state === 'loaded' ? order.value : undefined;
  const isOpen = view?.status === 'pending' || (view?.status === 'paid' && view.tickets.length === 0);
  const reload = useRef(order.reload);
  reload.current = order.reload;
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(() => reload.current(), POLL_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  useTitle(words.order.number(orderId));
  if (order.state === 'failed') return <Failure error={order.error} onRetry={order.reload} />;
  if (view === undefined) return <Loading />;
  return <Order order={view} />;
}

function Order({ order }: { order: OrderView }): JSX.Element {
  const event = useLoaded(() => api.event(order.eventId), order.eventId);
  const map = useLoaded(() => loadSeatMap(order.eventId), order.eventId);
  const facts = event.state === 'loaded' ? event.value : undefined;
  return (
    <div class="page order">
      <Outcome order={order} />
      <section class="card order-card">
        <div class="order-art">
          <Poster seed={order.eventId} />
        </div>
        <div class="order-facts stack-tight">
          {facts && (
            <>
              <h2>{facts.name}</h2>
              <p class="muted">
                {facts.venue}
                <br />
                {formatDayLong(facts.startsAtMs)}, {formatTime(facts.startsAtMs)}
              </p>
            </>
          )}
          <p class="order-line">
            <span class="muted small">{words.order.number(order.orderId)}</span>
            <span class={`badge badge-${order.status}`}>{words.order.status[order.status]}</span>
            <b>{formatPrice(order.amountMinor, order.currency)}</b>
          </p>
        </div>
      </section>
      {order.status === 'paid' && (
        <Tickets order={order} map={map.state === 'loaded' ? map.value : undefined} />
      )}
      <p class="row centred">
        {(order.status === 'failed' || order.status === 'pending') && (
          <a class="button" href={`/e/${order.eventId}`}>
            {words.order.toEvent}
          </a>
        )}
        <a class="button" href="/">
          {words.order.home}
        </a>
      </p>
    </div>
  );
}

function Outcome({ order }: { order: OrderView }): JSX.Element {
  switch (order.status) {
    case 'paid':
      return (
        <header class="outcome">
          <span class="turn-light">
            <Icon name="check" size={36} />
          </span>
          <h1>{words.order.thanksTitle}</h1>
          <p class="muted">{words.order.thanksText(order.seats.length)}</p>
          <MailNote />
        </header>
      );
    case 'pending':
      return (
        <header class="outcome">
          <span class="spinner spinner-large" aria-hidden="true" />
          <h1>{words.order.pendingTitle}</h1>
          <p class="muted">{words.order.pendingText}</p>
        </header>
      );
    case 'failed':
      return (
        <header class="outcome">
          <h1>{words.order.failedTitle}</h1>
          <Callout tone="bad">
            {order.failure === undefined
              ? words.checkout.failedUnknown
              : words.checkout.failed[order.failure]}
          </Callout>
        </header>
      );
    case 'refunded':
      return (
        <header class="outcome">
          <h1>{words.order.refundedTitle}</h1>
          <p class="muted">{words.order.refundedText}</p>
        </header>
      );
  }
}

function MailNote(): JSX.Element {
  const { email } = rememberedBuyer();
  const [hasOutbox, setOutbox] = useState(false);
  useEffect(() => {
    api.http.get('/dev/mails').then(
      () => setOutbox(true),
      () => {},
    );
  }, []);
  return (
    <p class="small">
      {email === '' ? words.order.mail : words.order.mailTo(email)}{' '}
      {hasOutbox && <a href="/outbox">{words.order.outbox}</a>}
    </p>
  );
}

function Tickets({ order, map }: { order: OrderView; map: SeatMap | undefined }): JSX.Element {
  const find = map === undefined ? undefined : seatFinder(map);
  return (
    <section class="stack-tight">
      <div class="tickets-head">
        <h2>{words.order.tickets}</h2>
        {order.tickets.length > 1 && (
          <PdfButton
            path={`/tickets/${order.orderId}`}
            fileName={`tickets-${order.orderId.slice(0, 8)}.pdf`}
            label={words.order.all}
          />
        )}
      </div>
      {order.tickets.length === 0 && <p class="muted">{words.order.making}</p>}
      <ul class="tickets">
        {order.tickets.map(({ ticketId, seat, pdfUrl }) => {
          const name = find?.(seat);
          return (
            <li key={ticketId} class="ticket card">
              <span class="ticket-edge" style={{ '--color': name?.color ?? '' }} />
              <div class="ticket-seat">
                {name?.row === undefined ? (
                  <b>{name?.section ?? words.seats(1)}</b>
                ) : (
                  <>
                    <span>
                      <small>{words.map.section}</small>
                      <b>{name.section}</b>
                    </span>
                    <span>
                      <small>{words.map.row}</small>
                      <b>{name.row}</b>
                    </span>
                    <span>
                      <small>{words.map.seat}</small>
                      <b>{name.seat}</b>
                    </span>
                  </>
                )}
              </div>
              <PdfButton
                path={pdfUrl}
                fileName={`ticket-${ticketId.slice(0, 8)}.pdf`}
                label={words.order.download}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
