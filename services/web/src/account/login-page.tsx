/** Logging in, or making an account. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { Callout } from '../parts/notices.tsx';
import { useTitle } from '../parts/title.ts';
import { navigate } from '../router.ts';
import { session } from '../session.ts';
import { refusal, words } from '../words.ts';

const PASSWORD_CHARS_MIN = 8;

export function LoginPage(): JSX.Element {
  useTitle(words.login.title);
  return (
    <div class="page narrow">
      <LoginForm
        onDone={() => navigate(session.account?.role === 'operator' ? '/operator' : '/account', 'replace')}
      />
    </div>
  );
}

export function LoginForm({ title, onDone }: { title?: string; onDone: () => void }): JSX.Element {
  const [isNew, setNew] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const email = String(data.get('email'));
    const password = String(data.get('password'));
    setBusy(true);
    setError(undefined);
    try {
      const { account } = await (isNew ? api.signUp(email, password) : api.logIn(email, password));
      session.begin(account);
      onDone();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <form class="card form-card stack" onSubmit={submit}>
      <h1>{isNew ? words.login.signUpTitle : (title ?? words.login.title)}</h1>
      {title === undefined && <p class="muted">{words.login.text}</p>}
      {error !== undefined && <Callout tone="bad">{refusal(error)}</Callout>}
      <label class="field">
        <span>{words.login.email}</span>
        <input name="email" type="email" required autoComplete="username" />
      </label>
      <label class="field">
        <span>{words.login.password}</span>
        <input
          name="password"
          type="password"
          required
          minLength={isNew ? PASSWORD_CHARS_MIN : 1}
          autoComplete={isNew ? 'new-password' : 'current-password'}
        />
        {isNew && <span class="field-hint small muted">{words.login.passwordHint}</span>}
      </label>
      <button type="submit" class="button button-primary button-large" disabled={isBusy}>
        {isNew ? words.login.signUp : words.login.submit}
      </button>
      {title === undefined && (
        <button type="button" class="button button-quiet" onClick={() => setNew(!isNew)}>
          {isNew ? words.login.toLogIn : words.login.toSignUp}
        </button>
      )}
    </form>
  );
}
