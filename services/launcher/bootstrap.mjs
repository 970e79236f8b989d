// The way in for every npm script: `node services/launcher/bootstrap.mjs <command> [args]`.
//
// It runs on whatever Node the machine has, from 20 on, in a clone that has no packages yet. So it is plain JavaScript
// and imports nothing but Node itself. It installs the packages when they are missing or not those of the lock file,
// and hands over to the Node that came with them, which runs TypeScript as it stands.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const lockFile = join(root, 'package-lock.json');
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.usher-lock-hash');
const ownNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

const COMMANDS = {
  start: 'start.ts',
  dev: 'dev.ts',
  seed: 'seed.ts',
  migrate: 'migrate.ts',
  operator: 'operator.ts',
  'verify-draw': 'verify-draw.ts',
  test: 'test.ts',
  'test:browser': 'test-browser.ts',
  'test:load': 'test-load.ts',
};

const NODE_MAJOR_MIN = 20;

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function lockHash() {
  return existsSync(lockFile)
    ? createHash('sha256').update(readFileSync(lockFile)).digest('hex')
    : 'no lock file';
}

/** Whether npm's own record of what it installed agrees with the lock file: then there is nothing to install. */
function installedAsLocked() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(lockFile) || !existsSync(record)) return false;
  const locked = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '' || wanted.optional) return true;
    return installed[path]?.version === wanted.version;
  });
}

function isInstalled() {
  if (!existsSync(ownNode)) return false;
  // A node_modules that was copied from another kind of machine is there and yet of no use.
  if (spawnSync(ownNode, ['--version']).status !== 0) return false;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()) return true;
  if (!installedAsLocked()) return false;
  writeFileSync(stampFile, lockHash());
  return true;
}

/** Shows how long the installation has taken so far: one changing line on a terminal, two plain lines elsewhere. */
function showInstalling() {
  const label = existsSync(modules)
    ? 'Installing packages (they have changed)'
    : 'Installing packages (first time only)';
  const startedAtMs = Date.now();
  const line = () => `${label} ... ${Math.round((Date.now() - startedAtMs) / 1000)} s`;
  const isTerminal = process.stdout.isTTY === true;
  if (!isTerminal) process.stdout.write(`${label} ...\n`);
  const timer = setInterval(() => isTerminal && process.stdout.write(`\r${line()}`), 500);
  return () => {
    clearInterval(timer);
    process.stdout.write(isTerminal ? `\r${line()}\n` : `${line()}\n`);
  };
}

/** Runs npm in the clone without a word and returns how it ended and what it said. */
function npm(args) {
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const collect = (chunk) => {
      said += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', () =>
      resolve({ code: 127, said: 'There is no npm. It comes with Node.js: https://nodejs.org' }),
    );
    child.on('close', (code) => resolve({ code, said }));
  });
}

async function install() {
  // The page is built here, whatever NODE_ENV says: so the packages for that are wanted too.
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = showInstalling();
  let result = await npm([existsSync(lockFile) ? 'ci' : 'install', ...options]);
  // A lock file that knows only some platforms' optional packages is refused by `npm ci`. `npm install` takes every
  // version that is locked and looks up the rest; the lock file stays as it is.
  if (result.said.includes('EUSAGE')) result = await npm(['install', '--no-save', ...options]);
  done();
  if (result.code === 0) return;
  refuse(`${result.said.trim()}\nThe packages could not be installed; what npm said stands above.`);
}

function verifyBinary() {
  const check = spawnSync(ownNode, [join(root, 'shared/runtime/verify-uws.ts')], { encoding: 'utf8' });
  if (check.status !== 0) refuse(check.stderr.trim());
}

/** The process id of npm: this one's parent, or the parent of the shell that npm put in between. */
function npmAbove() {
  try {
    const shell = readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0');
    if (shell[1] !== '-c') return process.ppid;
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8'))[1]);
  } catch {
    return process.ppid;
  }
}

/** Gives terminal, arguments, signals and exit code to the command, as if it had been started in this one's place. */
function handOver(file, args) {
  const child = spawn(ownNode, [join(root, 'services/launcher', file), ...args], {
    // The channel carries nothing. It closes when this process is gone, however it went, and the command then stops.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, USHER_BOOTSTRAP: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm killed outright tells nobody; those below it notice only that they have another parent.
  if (process.env.npm_lifecycle_event) {
    const before = npmAbove();
    setInterval(() => {
      if (npmAbove() !== before) child.kill('SIGTERM');
    }, 1000).unref();
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

const [command = '', ...args] = process.argv.slice(2);
const file = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
if (file === undefined) {
  refuse(`There is no command "${command}". The commands are: ${Object.keys(COMMANDS).join(', ')}.`);
}
if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  refuse(
    `Usher needs Node.js ${NODE_MAJOR_MIN} or newer; this is ${process.version}. See https://nodejs.org`,
  );
}
if (!isInstalled()) {
  await install();
  verifyBinary();
  writeFileSync(stampFile, lockHash());
}
handOver(file, args);
