/** The mails of a house that sends none: what buyers would have got. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../../shared/client/http-client.ts';
import { http } from '../api.ts';
import { formatMoment } from '../format.ts';
import { Icon } from '../parts/icons.tsx';
import { Failure, Loading } from '../parts/notices.tsx';
import { useTitle } from '../parts/title.ts';
import { useLoaded } from '../store.ts';
import { words } from '../words.ts';
import '../styles/outbox.css';

type Mail = {
  readonly mailId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly state: string;
  readonly createdAtMs: number;
  readonly attachments: readonly { readonly filename: string; readonly url: string }[];
};

const REFRESH_MS = 3_000;

export function OutboxPage(): JSX.Element {
  useTitle(words.outbox.title);
  const mails = useLoaded(() => http.get<{ mails: readonly Mail[] }>('/dev/mails'), 'mails');
  const [chosen, setChosen] = useState<string | undefined>();
  const { reload, state } = mails;
  useEffect(() => {
    if (state !== 'loaded') return;
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [state]);

  if (mails.state === 'loading') return <Loading />;
  if (mails.state === 'failed') {
    const isAbsent = mails.error instanceof ApiError && mails.error.status === 404;
    return isAbsent ? (
      <p class="empty">{words.outbox.absent}</p>
    ) : (
      <Failure error={mails.error} onRetry={mails.reload} />
    );
  }
  const list = [...mails.value.mails].sort((a, b) => b.createdAtMs - a.createdAtMs);
  const shown = list.find(({ mailId }) => mailId === chosen) ?? list[0];
  return (
    <div class="page">
      <div class="page-head">
        <h1>{words.outbox.title}</h1>
      </div>
      <p class="muted">{words.outbox.text}</p>
      {shown === undefined ? (
        <p class="empty">{words.outbox.none}</p>
      ) : (
        <div class="outbox">
          <ul class="mail-list">
            {list.map((mail) => (
              <li key={mail.mailId}>
                <button
                  type="button"
                  class={`mail-row ${mail === shown ? 'is-chosen' : ''}`}
                  aria-pressed={mail === shown}
                  onClick={() => setChosen(mail.mailId)}
                >
                  <b>{mail.subject}</b>
                  <span class="small muted">{mail.to}</span>
                  <span class="small muted">{formatMoment(mail.createdAtMs)}</span>
                </button>
              </li>
            ))}
          </ul>
          <MailView mail={shown} />
        </div>
      )}
    </div>
  );
}

function MailView({ mail }: { mail: Mail }): JSX.Element {
  return (
    <article class="card mail">
      <header class="stack-tight">
        <h2>{mail.subject}</h2>
        <p class="small muted">
          {words.outbox.to}: {mail.to} · {formatMoment(mail.createdAtMs)} · {mail.state}
        </p>
      </header>
      {/* The plain text: a mail's HTML brings styles of its own, which the page's policy forbids. */}
      <div class="mail-text">{linked(mail.text)}</div>
      {mail.attachments.length > 0 && (
        <ul class="attachments" aria-label={words.outbox.attachments}>
          {mail.attachments.map(({ filename, url }) => (
            <li key={url}>
              <a class="button button-small" href={url} download={filename}>
                <Icon name="file" size={16} />
                {filename}
              </a>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

/** Addresses in a text as links. */
function linked(text: string): (string | JSX.Element)[] {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <a key={part} href={part}>
        {part}
      </a>
    ),
  );
}
