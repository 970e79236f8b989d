import { existsSync } from 'node:fs';
import { aptInstall, canAptInstall, findProgram } from './apt.ts';
import { UserError } from './console.ts';
import { runCommand } from './run-command.ts';

const NAMES = ['redis-server', 'valkey-server'] as const;
const DISTRIBUTION_PIDFILE = '/run/redis/redis-server.pid';

/**
 * The path of a Redis server, which is installed first where that can be done. Throws a {@link UserError} that says what
 * to do where it cannot.
 */
export async function findRedisServer(): Promise<string> {
  const found = findProgram(NAMES);
  if (found !== undefined) return found;
  if (!canAptInstall()) throw new UserError(instructions());
  await aptInstall('redis-server');
  await stopDistributionService();
  const installed = findProgram(NAMES);
  if (installed === undefined) throw new UserError(instructions());
  return installed;
}

/** The package starts a server of its own on 6379 where nothing forbids it. Nobody asked for that one. */
async function stopDistributionService(): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    await runCommand('systemctl', ['disable', '--now', 'redis-server']);
  } else if (existsSync(DISTRIBUTION_PIDFILE)) {
    await runCommand('/etc/init.d/redis-server', ['stop']);
  }
}

function instructions(): string {
  return [
    'Usher needs a Redis server and found neither redis-server nor valkey-server in PATH. Any one of these helps:',
    '  Debian, Ubuntu:  sudo apt-get install redis-server',
    '  macOS:           brew install redis',
    '  Docker:          docker run -d -p 6390:6379 redis:7 redis-server --notify-keyspace-events Ex --appendonly yes',
    '                   and then: REDIS_URL=redis://127.0.0.1:6390 QUEUE_REDIS_URL=redis://127.0.0.1:6390 npm start',
  ].join('\n');
}
