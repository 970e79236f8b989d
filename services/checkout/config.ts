/** The checkout service's options: read once from the environment, frozen, and passed in. */
import { commonOptions, portOption } from '../../shared/runtime/common-options.ts';
import type { Options, OptionTable } from '../../shared/runtime/options.ts';

export const checkoutOptions = {
  ...commonOptions,
  CHECKOUT_PORT: portOption(8_082, 'The port of the checkout service: metrics, health and readiness only.'),
  CHECKOUT_CONCURRENCY: {
    type: 'integer',
    min: 1,
    max: 10_000,
    default: 100,
    doc: 'Orders that one checkout service pays for at the same time; a slow provider takes this many before others wait.',
  },
  PROVIDER_TIMEOUT_MS: {
    type: 'integer',
    min: 100,
    max: 60_000,
    default: 5_000,
    doc: 'How long the payment provider may take for an answer; after it the outcome counts as unknown and is asked for.',
  },
  BREAKER_REST_MS: {
    type: 'integer',
    min: 100,
    max: 600_000,
    default: 5_000,
    doc: 'How long a payment provider that fails is left alone before one call tries it again.',
  },
  PDF_THREADS: {
    type: 'integer',
    min: 1,
    max: 64,
    default: 1,
    doc: 'Threads that make ticket documents; they run with less priority than everything else.',
  },
  PUBLIC_URL: {
    type: 'string',
    default: '',
    doc: 'The address under which visitors reach the gateway, such as https://tickets.example; for links in mails.',
  },
  GATEWAY_PORT: portOption(
    8_080,
    'The port of the gateway; links in mails lead to it on localhost where PUBLIC_URL is unset.',
  ),
  SMTP_URL: {
    type: 'string',
    default: '',
    secret: true,
    doc: 'Where mail is handed in, such as smtps://user:password@mail.example; unset, mail is only kept in the database.',
  },
  MAIL_FROM: {
    type: 'string',
    default: 'Usher <tickets@usher.local>',
    doc: 'The sender of mails.',
  },
  TICKET_LOCALE: {
    type: 'string',
    default: 'en-GB',
    doc: 'How dates and prices are written on tickets and in mails.',
  },
  TICKET_TIME_ZONE: {
    type: 'string',
    default: '',
    doc: "The time zone of the dates on tickets and in mails, such as Europe/Berlin; unset, the server's own.",
  },
  TICKET_TERMS: {
    type: 'string',
    default:
      'Admits one person, once. Void if copied or refunded. Please be at your entrance 30 minutes before the beginning; late comers are seated at the first suitable moment.',
    doc: 'The line at the foot of every ticket.',
  },
} as const satisfies OptionTable;

export type CheckoutConfig = Options<typeof checkoutOptions>;
