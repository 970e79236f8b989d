/** Everything about orders, purchases and tickets. */
import type { App, Deps } from '../deps.ts';
import { buyRoute } from './buy-route.ts';
import { devMailRoutes } from './dev-mails.ts';
import { operatorOrderRoutes } from './operator-order-routes.ts';
import { placeOrderRoutes } from './order-routes.ts';
import { ticketRoutes } from './ticket-routes.ts';

/** Registers the routes. */
export function orderRoutes(app: App, deps: Deps): void {
  placeOrderRoutes(app, deps);
  buyRoute(app, deps);
  ticketRoutes(app, deps);
  operatorOrderRoutes(app, deps);
  devMailRoutes(app, deps);
}
