/**
 * Runs the Lua files of this folder. They are loaded into Redis as one library of functions, so that what they
 * share is compiled and built once and not at each call: as scripts of their own, a third of a hold's time went
 * into making closures. The library's name has the hash of its source; several versions live side by side while
 * a house is being updated.
 *
 * A file's header is its signature, and the only one:
 *
 * ```
 * -- KEYS map seats feed hold
 * -- ARGV holdId visitorId seats...
 * ```
 *
 * From it come the variables `map_key`, `seats_key`, ... and `holdId`, `visitorId`, ...; the last argument may
 * end in `...` and is then the table of all that are left. Every other key is nil, so a function that touches a
 * key which its header does not name fails at once, instead of using the key of the call before.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { type RedisClient, serverOf } from '../shared/runtime/redis.ts';
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
type ScriptKey = KeyName | 'hold';
type Value = string | number | Buffer;

export type Script = {
  readonly name: string;
  /** The function's name in Redis. */
  readonly functionName: string;
  readonly keys: readonly ScriptKey[];
  readonly args: readonly string[];
  /** Names of an event's keys, in the order of the header. */
  keysOf(eventId: EventId, holdId?: string): readonly string[];
  /**
   * Runs the script for an event. Throws EventNotLoaded where the script replies `unloaded`, and what ioredis
   * throws where Redis does not answer.
   *
   * @param holdId wanted where the script has the key `hold`.
   */
  run(redis: RedisClient, eventId: EventId, args: readonly Value[], holdId?: string): Promise<Reply>;
  /** The same with bulk strings as buffers, for replies that carry bits. */
  runBuffer(redis: RedisClient, eventId: EventId, args: readonly Value[]): Promise<readonly unknown[]>;
};

/** Includes, each after those that it builds on. */
const INCLUDES = ['event', 'draw', 'seats', 'holds', 'line', 'lobby', 'admission', 'place', 'grant'];
const HERE = new URL('.', import.meta.url);
const KEYS: readonly ScriptKey[] = [...KEY_NAMES, 'hold'];

type Source = { name: string; keys: ScriptKey[]; args: string[]; body: string };

function readSource(name: string): Source {
  const body = readFileSync(new URL(`${name}.lua`, HERE), 'utf8');
  const header = (word: string) =>
    [...body.matchAll(new RegExp(`^-- ${word} (.+)$`, 'gm'))].flatMap(([, names]) =>
      names!.trim().split(/\s+/),
    );
  const keys = header('KEYS') as ScriptKey[];
  const unknown = keys.find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Error(`${name}.lua names the key ${unknown}, which keys.ts does not have.`);
  return { name, keys, args: header('ARGV'), body };
}

function register(functionName: string, { keys, args, body }: Source): string {
  const keyValue = (key: ScriptKey) => (keys.includes(key) ? `keys[${keys.indexOf(key) + 1}]` : 'nil');
  const lines = [
    `redis.register_function('${functionName}', function(keys, args)`,
    `${KEYS.map((key) => `${key}_key`).join(', ')} = ${KEYS.map(keyValue).join(', ')}`,
    ...args.map((arg, at) =>
      arg.endsWith('...') ? `${arg.slice(0, -3)} = {unpack(args, ${at + 1})}` : `${arg} = args[${at + 1}]`,
    ),
    body,
    'end)',
  ];
  return lines.join('\n');
}

function buildLibrary(): { name: string; source: string; scripts: ReadonlyMap<string, Source> } {
  const sources = readdirSync(HERE)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => readSource(file.replace('.lua', '')));
  const includes = INCLUDES.map((name) => readFileSync(new URL(`include/${name}.lua`, HERE), 'utf8'));
  const all = JSON.stringify([sources, includes, KEYS]);
  const name = `usher_${createHash('sha256').update(all).digest('hex').slice(0, 12)}`;
  const argNames = new Set(sources.flatMap(({ args }) => args.map((arg) => arg.replace('...', ''))));
  const source = [
    `#!lua name=${name}`,
    `local ${KEYS.map((key) => `${key}_key`).join(', ')}`,
    `local ${[...argNames].join(', ')}`,
    ...includes,
    ...sources.map((script) => register(functionNameOf(name, script.name), script)),
  ].join('\n');
  return { name, source, scripts: new Map(sources.map((script) => [script.name, script])) };
}

const functionNameOf = (libraryName: string, name: string) => `${libraryName}_${name.replaceAll('-', '_')}`;

/** The whole library: its name and source, for whoever wants to load it by hand. */
export const library = buildLibrary();

/** Loads the library into a server. Two who load it at once both succeed. */
export async function loadLibrary(redis: Redis): Promise<void> {
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', library.source);
}

/** Prepares `lua/<name>.lua`. Throws where there is no such file. */
export function loadScript(name: string): Script {
  const source = library.scripts.get(name);
  if (source === undefined) throw new Error(`There is no lua/${name}.lua.`);
  const { keys, args } = source;
  const functionName = functionNameOf(library.name, name);
  const keyCache = new Map<EventId, string[]>();
  const holdAt = keys.indexOf('hold');

  const keysOf = (eventId: EventId, holdId?: string): string[] => {
    let fixed = keyCache.get(eventId);
    if (fixed === undefined) {
      fixed = keys.map((key) => (key === 'hold' ? '' : eventKey(eventId, key)));
      keyCache.set(eventId, fixed);
    }
    if (holdAt < 0) return fixed;
    if (holdId === undefined) throw new Error(`${name}.lua wants a hold's id.`);
    return fixed.with(holdAt, holdKey(eventId, holdId));
  };

  const call = async <T>(
    redis: RedisClient,
    how: 'call' | 'callBuffer',
    keyNames: string[],
    values: readonly Value[],
  ): Promise<T> => {
    const send = () =>
      redis[how]('FCALL', functionName, keyNames.length, ...keyNames, ...values) as Promise<T>;
    try {
      return await send();
    } catch (error) {
      if (!(error as Error).message.includes('Function not found')) throw error;
      // In a cluster, the master that the event is on: another may well have it already.
      await loadLibrary(serverOf(redis, keyNames[0]!));
      return await send();
    }
  };

  return {
    name,
    functionName,
    keys,
    args,
    keysOf,
    async run(redis, eventId, values, holdId) {
      const reply = await call<Reply>(redis, 'call', keysOf(eventId, holdId), values);
      if (reply[0] === 'unloaded') throw new EventNotLoaded(eventId);
      return reply;
    },
    async runBuffer(redis, eventId, values) {
      const reply = await call<readonly unknown[]>(redis, 'callBuffer', keysOf(eventId), values);
      if (String(reply[0]) === 'unloaded') throw new EventNotLoaded(eventId);
      return reply;
    },
  };
}
