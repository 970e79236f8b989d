/** What a page shows while it has nothing to show. */
import type { ComponentChildren, JSX } from 'preact';
import { refusal, words } from '../words.ts';
import { Icon } from './icons.tsx';

export function Loading(): JSX.Element {
  return (
    <output class="loading">
      <span class="spinner" aria-hidden="true" />
      <span class="visually-hidden">{words.loading}</span>
    </output>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <h2>{words.failed}</h2>
      <p>{refusal(error)}</p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          {words.retry}
        </button>
      )}
    </div>
  );
}

export function Callout({
  tone = 'info',
  children,
}: {
  tone?: 'info' | 'warn' | 'bad' | 'good';
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`callout callout-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={tone === 'good' ? 'check' : 'info'} />
      <div>{children}</div>
    </div>
  );
}
