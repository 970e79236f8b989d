/**
 * Who is logged in. Both tokens, the visitor's and the account's, are cookies that no script can read; what is
 * kept here is only what the page shows: the address and the role. The house decides, whatever stands here.
 */
import type { Account } from '../../../shared/protocol/http.ts';
import { http } from './api.ts';
import { Store } from './store.ts';

const KEY = 'usher.account';

class Session extends Store {
  account: Account | undefined;

  constructor() {
    super();
    try {
      const kept = localStorage.getItem(KEY);
      if (kept !== null) this.account = JSON.parse(kept) as Account;
    } catch {
      // No storage (private mode) or something else's text: logged out.
    }
  }

  begin({ accountId, email, role }: Account): void {
    this.#set({ accountId, email, role });
  }

  /** Logs out: the cookie is the house's to take back. */
  async end(): Promise<void> {
    await http.post('/auth/logout').catch(() => {});
    this.#set(undefined);
  }

  /** The house does not know this account any more. */
  forget(): void {
    this.#set(undefined);
  }

  #set(account: Account | undefined): void {
    this.account = account;
    try {
      if (account === undefined) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, JSON.stringify(account));
    } catch {
      // Then it is shown as long as the page lasts.
    }
    this.changed();
  }
}

export const session = new Session();
