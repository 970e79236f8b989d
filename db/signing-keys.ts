/**
 * The keys that all processes share. Whoever comes first makes them; they live in the database, so that a new
 * gateway needs nothing but its DATABASE_URL and a restart ends no admission.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { SigningKeys } from '../shared/runtime/tokens.ts';
import type { Db } from './client.ts';
import { secrets } from './schema.ts';

export type Keys = SigningKeys & {
  /** The public part for `/.well-known/jwks.json`. */
  readonly admissionJwk: Readonly<Record<string, unknown>>;
  /** Ed25519, PKCS #8 PEM: signs the code on a ticket. */
  readonly ticketPrivatePem: string;
};

async function shared(db: Db, name: string, make: () => string): Promise<string> {
  const find = () => db.orm.select({ value: secrets.value }).from(secrets).where(eq(secrets.name, name));
  const [known] = await find();
  if (known) return known.value;
  await db.orm.insert(secrets).values({ name, value: make() }).onConflictDoNothing();
  const [made] = await find();
  if (!made) throw new Error(`The secret ${name} could not be stored.`);
  return made.value;
}

const pem = { type: 'pkcs8', format: 'pem' } as const;

/** Reads the keys, making those that are not there. */
export async function loadSigningKeys(db: Db): Promise<Keys> {
  const admissionPrivatePem = await shared(db, 'admission-es256', () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString(),
  );
  const ticketPrivatePem = await shared(db, 'ticket-ed25519', () =>
    generateKeyPairSync('ed25519').privateKey.export(pem).toString(),
  );
  const secret = await shared(db, 'hmac', () => randomBytes(32).toString('base64url'));
  const publicKey = createPublicKey(admissionPrivatePem);
  const admissionPublicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const admissionKeyId = createHash('sha256').update(admissionPublicPem).digest('base64url').slice(0, 16);
  return {
    admissionPrivatePem,
    admissionPublicPem,
    admissionKeyId,
    admissionJwk: { ...publicKey.export({ format: 'jwk' }), kid: admissionKeyId, use: 'sig', alg: 'ES256' },
    secret,
    ticketPrivatePem,
  };
}
