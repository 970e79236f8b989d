/** The frame around every page, and which page an address is. */
import type { JSX } from 'preact';
import { EventPage } from './events/event-page.tsx';
import { EventsPage } from './events/events-page.tsx';
import { Icon, Mark } from './parts/icons.tsx';
import { Lazy } from './parts/lazy.tsx';
import { onLinkClick, parseRoute, type Route, useLocation } from './router.ts';
import { session } from './session.ts';
import { useStore } from './store.ts';
import { words } from './words.ts';

export function App(): JSX.Element {
  const { path } = useLocation();
  const route = parseRoute(path);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: one listener for all links; they stay links
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click
    <div class="app" onClick={onLinkClick}>
      <a class="skip" href="#content">
        {words.nav.skip}
      </a>
      <Header />
      <main id="content">
        <Page route={route} />
      </main>
    </div>
  );
}

function Header(): JSX.Element {
  const { account } = useStore(session);
  return (
    <header class="header">
      <a class="brand" href="/">
        <Mark />
        <span>{words.brand}</span>
      </a>
      <nav aria-label={words.brand}>
        <a href="/" class="nav-events">
          {words.nav.events}
        </a>
        {account?.role === 'operator' && <a href="/operator">{words.nav.operator}</a>}
        <a href="/account">{words.nav.account}</a>
        {account === undefined && (
          <a href="/login" class="nav-login">
            <Icon name="person" size={18} />
            <span>{words.nav.login}</span>
          </a>
        )}
      </nav>
    </header>
  );
}

const loadOrderPage = () => import('./orders/order-page.tsx').then((module) => module.OrderPage);
const loadLogin = () => import('./account/login-page.tsx').then((module) => module.LoginPage);
const loadAccount = () => import('./account/account-page.tsx').then((module) => module.AccountPage);
const loadOutbox = () => import('./outbox/outbox-page.tsx').then((module) => module.OutboxPage);
const loadOperator = () => import('./operator/operator-page.tsx').then((module) => module.OperatorPage);

function Page({ route }: { route: Route }): JSX.Element {
  switch (route.page) {
    case 'events':
      return <EventsPage />;
    case 'event':
      return <EventPage key={route.eventId} eventId={route.eventId} />;
    case 'order':
      return <Lazy key={route.orderId} load={loadOrderPage} props={{ orderId: route.orderId }} />;
    case 'login':
      return <Lazy key="login" load={loadLogin} props={{}} />;
    case 'account':
      return <Lazy key="account" load={loadAccount} props={{}} />;
    case 'outbox':
      return <Lazy key="outbox" load={loadOutbox} props={{}} />;
    case 'operator':
      return <Lazy key="operator" load={loadOperator} props={{}} />;
    case 'nothing':
      return (
        <div class="empty">
          <h1>{words.notHere.title}</h1>
          <p>{words.notHere.text}</p>
          <a class="button" href="/">
            {words.notHere.home}
          </a>
        </div>
      );
  }
}
