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

/** Runs npm without a word unless it fails; `--include=dev` because the page is built here, NODE_ENV or not. */
function install() {
  const what = existsSync(lockFile) ? 'ci' : 'install';
  const args = [what, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = showInstalling();
  return new Promise((resolve) => {
    const npm = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    npm.stdout.on('data', (chunk) => {
      said += chunk;
    });
    npm.stderr.on('data', (chunk) => {
      said += chunk;
    });
    npm.on('error', () => {
      done();
      refuse(
        'Usher needs npm to install its packages, and found none. It comes with Node.js: https://nodejs.org',
      );
    });
    npm.on('close', (code) => {
      done();
      if (code === 0) return resolve();
      refuse(
        `${said.trim()}\nnpm could not install the packages (npm ${args.join(' ')}); what it said stands above.`,
      );
    });
  });
}

function verifyBinary() {
  const check = spawnSync(ownNode, [join(root, 'services/launcher/verify-uws.ts')], { encoding: 'utf8' });
  if (check.status !== 0) refuse(check.stderr.trim());
}

/** Gives terminal, arguments, signals and exit code to the command, as if it had been started in this one's place. */
function handOver(file, args) {
  const child = spawn(ownNode, [join(root, 'services/launcher', file), ...args], {
    // The channel carries nothing. It closes when this process is gone, however it went, and the command then stops.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, USHER_BOOTSTRAP: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm killed outright tells nobody; its child notices only that it has another parent.
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
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
  writeFileSync(stampFile, lockHash());
  verifyBinary();
}
handOver(file, args);
