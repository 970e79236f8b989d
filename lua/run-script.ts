/**
 * Loads a Lua file and runs it: by its SHA, and whole where the server does not know it yet.
 *
 * A script's header is its signature, and the only one:
 *
 * ```
 * -- KEYS event seats feed hold
 * -- ARGV holdId visitorId seats...
 * -- INCLUDE change.lua
 * ```
 *
 * From it come the locals `event_key`, `seats_key`, ... and `holdId`, `visitorId`, ...; the last argument may
 * end in `...` and is then the table of all that are left. So a binding cannot pass a key that the script
 * does not expect, nor a script build one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { eventKey, holdKey, KEY_NAMES, type KeyName } from './keys.ts';

/** The event is not in this Redis: whoever asked loads it from PostgreSQL and asks again. */
export class EventNotLoaded extends Error {
  readonly eventId: EventId;
  constructor(eventId: EventId) {
    super(`Event ${eventId} is not loaded.`);
    this.name = 'EventNotLoaded';
    this.eventId = eventId;
  }
}

/** A reply that the binding has no name for: script and binding have drifted apart. */
export class UnknownReply extends Error {
  constructor(script: string, reply: unknown) {
    super(`${script} replied ${JSON.stringify(reply)}, which its binding does not know.`);
    this.name = 'UnknownReply';
  }
}

export type Reply = readonly [word: string, ...rest: unknown[]];

export type Script = {
  readonly name: string;
  readonly source: string;
  readonly keys: readonly (KeyName | 'hold')[];
  readonly args: readonly string[];
  /**
   * Runs the script for an event. Throws EventNotLoaded where the script replies `unloaded`, and what ioredis
   * throws where Redis does not answer.
   *
   * @param holdId wanted where the script has the key `hold`.
   */
  run(
    redis: Redis,
    eventId: EventId,
    args: readonly (string | number | Buffer)[],
    holdId?: string,
  ): Promise<Reply>;
  /** The same with bulk strings as buffers, for replies that carry bits. */
  runBuffer(
    redis: Redis,
    eventId: EventId,
    args: readonly (string | number | Buffer)[],
  ): Promise<readonly unknown[]>;
};

const includes = new Map<string, string>();

function include(name: string): string {
  let text = includes.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(`./include/${name}`, import.meta.url), 'utf8');
    includes.set(name, text);
  }
  return text;
}

const header = (source: string, word: string): string[] =>
  [...source.matchAll(new RegExp(`^-- ${word} (.+)$`, 'gm'))].flatMap((match) =>
    match[1]!.trim().split(/\s+/),
  );

/** Reads `lua/<name>.lua`. Throws where the header names an unknown key. */
export function loadScript(name: string): Script {
  const body = readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
  const keys = header(body, 'KEYS') as (KeyName | 'hold')[];
  const unknown = keys.find((key) => key !== 'hold' && !KEY_NAMES.includes(key));
  if (unknown !== undefined)
    throw new Error(`${name}.lua names the key ${unknown}, which keys.ts does not have.`);
  const args = header(body, 'ARGV');
  const source = [
    ...keys.map((key, at) => `local ${key}_key = KEYS[${at + 1}]`),
    ...args.map((arg, at) =>
      arg.endsWith('...')
        ? `local ${arg.slice(0, -3)} = {unpack(ARGV, ${at + 1})}`
        : `local ${arg} = ARGV[${at + 1}]`,
    ),
    ...header(body, 'INCLUDE').map(include),
    body,
  ].join('\n');
  const sha = createHash('sha1').update(source).digest('hex');
  const keyCache = new Map<EventId, string[]>();

  const keysOf = (eventId: EventId, holdId: string | undefined): string[] => {
    let fixed = keyCache.get(eventId);
    if (fixed === undefined) {
      fixed = keys.map((key) => (key === 'hold' ? '' : eventKey(eventId, key)));
      keyCache.set(eventId, fixed);
    }
    const at = keys.indexOf('hold');
    if (at < 0) return fixed;
    if (holdId === undefined) throw new Error(`${name}.lua wants a hold's id.`);
    return fixed.with(at, holdKey(eventId, holdId));
  };

  const call = async <T>(
    send: (command: string, ...args: (string | number | Buffer)[]) => Promise<unknown>,
    keyNames: string[],
    values: readonly (string | number | Buffer)[],
  ): Promise<T> => {
    try {
      return (await send('evalsha', sha, keyNames.length, ...keyNames, ...values)) as T;
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return (await send('eval', source, keyNames.length, ...keyNames, ...values)) as T;
    }
  };

  return {
    name,
    source,
    keys,
    args,
    async run(redis, eventId, values, holdId) {
      const send = (command: string, ...args: (string | number | Buffer)[]) => redis.call(command, ...args);
      const reply = await call<Reply>(send, keysOf(eventId, holdId), values);
      if (reply[0] === 'unloaded') throw new EventNotLoaded(eventId);
      return reply;
    },
    async runBuffer(redis, eventId, values) {
      const send = (command: string, ...args: (string | number | Buffer)[]) =>
        redis.callBuffer(command, ...args);
      const reply = await call<readonly unknown[]>(send, keysOf(eventId, undefined), values);
      if (String(reply[0]) === 'unloaded') throw new EventNotLoaded(eventId);
      return reply;
    },
  };
}
