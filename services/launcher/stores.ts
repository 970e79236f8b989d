// The stores behind the services: those that the environment names, and embedded ones in place of those it does not.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkPostgres, checkRedis } from './check-stores.ts';
import { type ChildSpec, SupervisedChild } from './child.ts';
import { ChildRecord } from './child-record.ts';
import { complain, say, step, UserError } from './console.ts';
import { findRedisServer } from './find-redis.ts';
import { postgresDataDir, postgresReady, preparePostgres } from './postgres-server.ts';
import { prepareRedis, redisReady } from './redis-server.ts';

/** A store that dies so often before it was ever ready will not get there by itself. */
const DEATHS_MAX = 3;

/** The environment variables that name the stores. */
export type StoreUrls = Readonly<Record<'REDIS_URL' | 'QUEUE_REDIS_URL' | 'DATABASE_URL', string>>;

/** Where embedded stores live and how. */
export interface StoresOptions {
  readonly dir: string;
  /** Keep the data over crashes; tests do not. */
  readonly durable: boolean;
  readonly signal?: AbortSignal;
}

/** The embedded stores of one launcher: starts them, keeps them alive, stops them. */
export class Stores {
  readonly record: ChildRecord;
  readonly #options: StoresOptions;
  readonly #children: SupervisedChild[] = [];
  #stopped = false;

  constructor(options: StoresOptions) {
    this.#options = options;
    mkdirSync(join(options.dir, 'logs'), { recursive: true });
    this.record = new ChildRecord(join(options.dir, 'children.json'));
  }

  /** Where the log of `name` goes. */
  logFile(name: string): string {
    return join(this.#options.dir, 'logs', `${name}.log`);
  }

  /** Deletes the data of the embedded stores. */
  deleteData(): void {
    for (const name of ['redis-seats', 'redis-queue']) {
      rmSync(join(this.#options.dir, name), { recursive: true, force: true });
    }
    rmSync(postgresDataDir(join(this.#options.dir, 'postgres')), { recursive: true, force: true });
  }

  /** The seats' Redis: the one at `given`, asked whether it answers, or an embedded one. Returns its address. */
  async seatsRedis(given?: string): Promise<string> {
    if (!given) return await this.#redis('redis-seats', true);
    await checkRedis('REDIS_URL', given);
    return given;
  }

  /** The Redis of the job queue, likewise. */
  async queueRedis(given?: string): Promise<string> {
    if (!given) return await this.#redis('redis-queue', false);
    await checkRedis('QUEUE_REDIS_URL', given);
    return given;
  }

  async #redis(name: string, notifications: boolean): Promise<string> {
    const dir = join(this.#options.dir, name);
    const binary = await findRedisServer();
    const { durable } = this.#options;
    const prepared = await prepareRedis({
      name,
      binary,
      dir,
      logFile: this.logFile(name),
      notifications,
      durable,
    });
    await this.#run(prepared.spec, () => redisReady(prepared.port));
    return prepared.url;
  }

  /** The database at `given`, asked whether it answers, or an embedded one. Returns its address. */
  async database(given?: string): Promise<string> {
    if (given) {
      await checkPostgres('DATABASE_URL', given);
      return given;
    }
    const { dir, durable, signal } = this.#options;
    const wanted = join(dir, 'postgres');
    const logFile = this.logFile('postgres');
    const prepared = await preparePostgres({ dir: wanted, logFile, durable, ...(signal ? { signal } : {}) });
    if (prepared.dataDir !== wanted) {
      say(`PostgreSQL's own user cannot reach ${dir}; its data are in ${prepared.dataDir} instead.`);
    }
    await this.#run(prepared.spec, () => postgresReady(prepared));
    return prepared.url;
  }

  /** Starts a store and waits until it is `ready`. Throws a UserError with the end of its log where it never is. */
  async #run(spec: ChildSpec, ready: () => Promise<void>): Promise<void> {
    // One store may still be on its way when another has failed and all are being stopped.
    if (this.#stopped) throw new UserError(`${spec.name} was not started, for everything is being stopped.`);
    const hopeless = Promise.withResolvers<never>();
    let isUp = false;
    const child = new SupervisedChild(spec, {
      spawned: (pid) => this.record.add(spec.name, pid),
      died: (how, waitMs) => {
        if (!isUp)
          return child.deaths >= DEATHS_MAX ? hopeless.reject(new UserError(`It ended: ${how}.`)) : undefined;
        complain(
          `${spec.name} ended (${how}); starting it again in ${waitMs / 1000} s. Its log: ${spec.logFile}`,
        );
      },
    });
    this.#children.push(child);
    child.start();
    try {
      await Promise.race([ready(), hopeless.promise]);
      isUp = true;
    } catch (error) {
      const end = child.lastLines(10).map((line) => `  ${line}`);
      const reason = (error as Error).message;
      throw new UserError(
        `${spec.name} does not start. ${reason} The end of its log (${spec.logFile}):\n${end.join('\n')}`,
      );
    }
  }

  /** Stops the embedded ones, all at once, at the latest at `deadlineMs` (Unix milliseconds). */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#children.map((child) => child.stop(deadlineMs)));
  }

  /** Ends the embedded ones at once. */
  kill(): void {
    this.#stopped = true;
    for (const child of this.#children) child.kill();
  }
}

/** All three stores at once, with progress on the console. */
export async function startStores(stores: Stores, env: NodeJS.ProcessEnv): Promise<StoreUrls> {
  const redis = async (): Promise<[string, string]> => {
    // One after the other where Redis may have to be installed first; a start takes some 30 ms.
    const seats = await stores.seatsRedis(env.REDIS_URL);
    return [seats, await stores.queueRedis(env.QUEUE_REDIS_URL)];
  };
  const [[seats, queue], database] = await Promise.all([
    step('Redis', redis),
    step('PostgreSQL', () => stores.database(env.DATABASE_URL)),
  ]);
  return { REDIS_URL: seats, QUEUE_REDIS_URL: queue, DATABASE_URL: database };
}
