/** Mail, kept before it is sent: what was promised to a buyer can always be read here. */
import type { Db } from './client.ts';

export type MailState = 'queued' | 'sent' | 'failed' | 'kept';

export type Mail = {
  readonly mailId: string;
  readonly orderId: string | null;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly state: MailState;
  readonly createdAtMs: number;
};

export type NewMail = Pick<Mail, 'orderId' | 'to' | 'subject' | 'text' | 'html'>;

const columns = (db: Db) => db.sql`
  mail_id as "mailId", order_id as "orderId", to_address as "to", subject, text_body as text, html_body as html,
  state, floor(extract(epoch from created_at) * 1000)::float8 as "createdAtMs"`;

/** Writes a mail down; one that an order has already, by its subject, stays as it is and is the answer. */
export async function writeMail(db: Db, mail: NewMail): Promise<Mail> {
  const [row] = await db.sql<Mail[]>`
    insert into mails (order_id, to_address, subject, text_body, html_body)
    values (${mail.orderId}, ${mail.to}, ${mail.subject}, ${mail.text}, ${mail.html})
    on conflict (order_id, subject) do update set subject = excluded.subject
    returning ${columns(db)}`;
  return row!;
}

export async function markMail(db: Db, mailId: string, state: MailState, error?: string): Promise<void> {
  await db.sql`
    update mails set state = ${state}, last_error = ${error ?? null},
      sent_at = case when ${state} = 'sent' then now() else sent_at end
    where mail_id = ${mailId}`;
}

/** The newest mails, for the page of the embedded default. */
export async function newestMails(db: Db, limit: number, orderId?: string): Promise<Mail[]> {
  return db.sql<Mail[]>`
    select ${columns(db)} from mails where ${orderId ?? null}::uuid is null or order_id = ${orderId ?? null}::uuid
    order by created_at desc limit ${limit}`;
}
