/** The mailbox of the embedded default: what would have been mailed, for people who try Usher out. */
import { Type } from 'typebox';
import { newestMails } from '../../../db/mails.ts';
import type { App, Deps } from '../deps.ts';
import { AtMs, errorAnswers, NullableString, Words } from '../schemas.ts';

const MAILS_MAX = 100;
const LINK_MS = 86_400_000;

const MailView = Type.Object({
  mailId: Type.String(),
  orderId: NullableString,
  to: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  html: Type.String(),
  state: Words(['queued', 'sent', 'failed', 'kept']),
  createdAtMs: AtMs,
  attachments: Type.Array(Type.Object({ filename: Type.String(), url: Type.String() })),
});

/** Exists only where the demo does: anybody can read everybody's mail here. */
export function devMailRoutes(app: App, { config, db, tokens }: Deps): void {
  if (!config.USHER_EMBEDDED) return;
  app.get(
    '/dev/mails',
    {
      schema: {
        tags: ['development'],
        summary: 'Mail that was kept instead of sent, newest first',
        response: { 200: Type.Object({ mails: Type.Array(MailView) }), ...errorAnswers() },
      },
    },
    async (_request, reply) => {
      const mails = await newestMails(db, MAILS_MAX);
      const exp = Date.now() + LINK_MS;
      reply.header('cache-control', 'no-store');
      return {
        mails: mails.map((mail) => ({
          ...mail,
          attachments:
            mail.orderId === null ? [] : [attachment(mail.orderId, exp, tokens.signLink(mail.orderId, exp))],
        })),
      };
    },
  );
}

function attachment(orderId: string, exp: number, sig: string) {
  return { filename: `tickets-${orderId.slice(0, 8)}.pdf`, url: `/tickets/${orderId}?exp=${exp}&sig=${sig}` };
}
