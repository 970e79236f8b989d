import { generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Lifecycle } from './lifecycle.ts';
import { OptionFaults, parseOptions } from './options.ts';
import { createTokens } from './tokens.ts';

const quiet = pino({ level: 'silent' });

describe('options', () => {
  const table = {
    PORT: { type: 'integer', min: 0, max: 65_535, default: 8080, doc: 'A port.' },
    REDIS_URL: { type: 'url', protocols: ['redis:'], default: null, doc: 'A Redis.' },
    LOUD: { type: 'boolean', default: false, doc: 'Loud.' },
    MODE: { type: 'choice', of: ['a', 'b'], default: 'a', doc: 'A mode.' },
    LIST: { type: 'list', default: [], doc: 'A list.' },
  } as const;

  it('LC1 every fault is named at once', () => {
    const env = { PORT: '70000', REDIS_URL: 'http://x', LOUD: 'perhaps', MODE: 'c' };
    try {
      parseOptions(table, env);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OptionFaults);
      expect((error as OptionFaults).faults).toHaveLength(4);
      expect((error as Error).message).toMatch(
        /PORT.*65535.*\n.*REDIS_URL.*redis:.*\n.*LOUD.*\n.*MODE.*a, b/,
      );
    }
    expect(() => parseOptions(table, {})).toThrow(/REDIS_URL is not set/);
  });

  it('LC1 good values have their types, and empty ones are the defaults', () => {
    const options = parseOptions(table, { PORT: '', REDIS_URL: 'redis://h', LOUD: 'yes', LIST: 'a, b,' });
    expect(options).toEqual({ PORT: 8080, REDIS_URL: 'redis://h', LOUD: true, MODE: 'a', LIST: ['a', 'b'] });
    expect(Object.isFrozen(options)).toBe(true);
  });
});

describe('lifecycle', () => {
  it('LC2 drains all, then stops all, last first, once, however often it is asked', async () => {
    const said: string[] = [];
    const lifecycle = new Lifecycle(quiet, 1_000);
    for (const name of ['a', 'b']) {
      lifecycle.add({
        name,
        drain: () => void said.push(`drain ${name}`),
        stop: () => void said.push(`stop ${name}`),
      });
    }
    lifecycle.markReady();
    expect(lifecycle.ready).toBe(true);
    const stops = [lifecycle.stop('test'), lifecycle.stop('test')];
    expect(lifecycle.ready).toBe(false);
    await Promise.all(stops);
    expect(said).toEqual(['drain b', 'drain a', 'stop b', 'stop a']);
  });

  it('LC2 one part that hangs or throws does not keep the others from the deadline', async () => {
    const lifecycle = new Lifecycle(quiet, 50);
    let stopped = false;
    lifecycle.add({
      name: 'first',
      stop: () => {
        stopped = true;
      },
    });
    lifecycle.add({
      name: 'broken',
      stop: () => {
        throw new Error('no');
      },
    });
    await lifecycle.stop('test');
    expect(stopped).toBe(true);
    const hanging = new Lifecycle(quiet, 50);
    hanging.add({ name: 'hanging', stop: () => new Promise(() => {}) });
    await hanging.stop('test');
  });
});

describe('tokens', () => {
  const keysOf = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      admissionPrivatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      admissionPublicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      admissionKeyId: 'key-1',
      secret: 'a secret that is long enough to sign with',
    };
  };
  const tokens = createTokens(keysOf());
  const claims = { eventId: 7, visitorId: 'v1', admissionId: 'a1', expiresAtMs: Date.now() + 60_000 };

  it('AD an admission token is bound to event and visitor, signed with ES256, and ends in milliseconds', () => {
    const token = tokens.signAdmission(claims);
    expect(JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())).toMatchObject({
      alg: 'ES256',
      kid: 'key-1',
    });
    expect(tokens.readAdmission(token)).toEqual(claims);
    expect(tokens.readAdmission(token, claims.expiresAtMs)).toBe('expired');
    expect(createTokens(keysOf()).readAdmission(token)).toBe('bad');
  });

  it('AC2 one kind of token is never taken for another, and a changed one for none', () => {
    const visitor = tokens.signVisitor('v1');
    const account = tokens.signAccount({ accountId: 'x', role: 'visitor' });
    expect(tokens.readVisitor(visitor)).toBe('v1');
    expect(tokens.readVisitor(account)).toBeUndefined();
    expect(tokens.readAccount(visitor)).toBeUndefined();
    expect(tokens.readAdmission(visitor)).toBe('bad');
    expect(tokens.readVisitor(`${visitor.slice(0, -2)}xx`)).toBeUndefined();
    const [head, , signature] = visitor.split('.');
    const forged = Buffer.from('{"sub":"v2","aud":"usher:visitor"}').toString('base64url');
    expect(tokens.readVisitor(`${head}.${forged}.${signature}`)).toBeUndefined();
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`;
    expect(tokens.readVisitor(none)).toBeUndefined();
  });

  it('AC2 a mailed link is good for its own document and until its end', () => {
    const until = Date.now() + 1_000;
    const signature = tokens.signLink('doc', until);
    expect(tokens.checkLink('doc', until, signature)).toBe(true);
    expect(tokens.checkLink('other', until, signature)).toBe(false);
    expect(tokens.checkLink('doc', until + 1, signature)).toBe(false);
    expect(tokens.checkLink('doc', until, signature, until)).toBe(false);
    expect(tokens.checkLink('doc', until, '')).toBe(false);
  });
});
