/**
 * CPU time by process, from /proc. The house's processes are found from the port of its gateway: whoever listens there,
 * and the other children of its parent, as `npm start` runs them. Where there is no such family (a house in containers or
 * on another machine, or another system than Linux) only the load generator is measured.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Seconds of CPU so far, by the name of the process. */
export type CpuSeconds = Readonly<Record<string, number>>;

const TICKS_PER_SECOND = 100;

type Stat = { readonly pid: number; readonly ppid: number; readonly ownS: number; readonly reapedS: number };

/** Finds the processes behind the gateway at `url`: pids by name. */
export function familyOf(url: string): Map<string, number> {
  const family = new Map<string, number>();
  const { hostname, port } = new URL(url);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return family;
  const stats = readAll();
  const gateway = listenerOf(Number(port || 80), [...stats.keys()]);
  if (gateway === undefined) return family;
  const parent = stats.get(gateway)?.ppid;
  for (const { pid, ppid } of stats.values()) {
    if (pid !== gateway && (ppid !== parent || ppid <= 1)) continue;
    const name = pid === gateway ? 'gateway' : nameOf(pid);
    if (name !== undefined && !family.has(name)) family.set(name, pid);
  }
  return family;
}

function nameOf(pid: number): string | undefined {
  const line = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  const service = /services\/(gateway|seats|checkout)\/main/.exec(line);
  if (service) return service[1];
  if (/redis-server|valkey-server/.test(line))
    return workingDir(pid).includes('queue') ? 'redis (queue)' : 'redis (seats)';
  if (/postgres/.test(line)) return 'postgres';
  return undefined;
}

function workingDir(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** The CPU time of these processes and all below them, whether they live or were waited for. */
export function cpuOf(roots: ReadonlyMap<string, number>): CpuSeconds {
  const stats = readAll();
  const children = new Map<number, Stat[]>();
  for (const stat of stats.values()) {
    const siblings = children.get(stat.ppid);
    if (siblings) siblings.push(stat);
    else children.set(stat.ppid, [stat]);
  }
  const total = (stat: Stat): number =>
    stat.ownS + stat.reapedS + (children.get(stat.pid) ?? []).reduce((sum, child) => sum + total(child), 0);
  const seconds: Record<string, number> = {};
  for (const [name, pid] of roots) {
    const stat = stats.get(pid);
    if (stat !== undefined) seconds[name] = total(stat);
  }
  // Others on the machine make every figure worse: a reader wants to know of them.
  const named = Object.values(seconds).reduce((sum, each) => sum + each, 0);
  const all = machineS();
  if (all > 0) seconds[ELSE] = all - named;
  return seconds;
}

/** The name under which the rest of the machine is counted. */
export const ELSE = 'everything else here';

/** CPU time of all processes of this machine, kernel included. */
function machineS(): number {
  const fields = read('/proc/stat').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** What was used between two readings. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.max(0, Math.round((seconds - (before[name] ?? 0)) * 100) / 100),
    ]),
  );
}

function readAll(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const entry of list('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const text = read(`/proc/${entry}/stat`);
    if (text === '') continue;
    // The command's name stands in brackets and may contain anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const pid = Number(entry);
    stats.set(pid, {
      pid,
      ppid: fields[1]!,
      ownS: (fields[11]! + fields[12]!) / TICKS_PER_SECOND,
      reapedS: (fields[13]! + fields[14]!) / TICKS_PER_SECOND,
    });
  }
  return stats;
}

/** The process that listens on a port. */
function listenerOf(port: number, pids: readonly number[]): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(file).split('\n')) {
      const fields = line.trim().split(/\s+/);
      // 0A is the state LISTEN.
      if (fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A') inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  return pids.find((pid) =>
    list(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    }),
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
