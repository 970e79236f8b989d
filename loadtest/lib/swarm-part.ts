/** A part that our own swarm drives: a process of its own, so that its CPU is known and this one stays free to look on. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromSwarm, Plan, Point, SwarmResult } from '../swarm/plan.ts';
import type { PartContext, PartResult } from './parts.ts';
import { cpuBetween, cpuOf } from './processes.ts';

const SAY_EVERY_MS = 2_000;

export async function runSwarm(
  { family, signal, say }: PartContext,
  plan: Plan,
  { name, title, settings }: Pick<PartResult, 'name' | 'title' | 'settings'>,
): Promise<PartResult> {
  const child = fork(join(import.meta.dirname, '..', 'swarm', 'main.ts'), { stdio: 'inherit' });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const roots = new Map([...family, ['load generator', child.pid!]]);
  const points: Point[] = [];
  let result: SwarmResult | undefined;
  let cpuAtEnd = {};
  let saidAtMs = Date.now();
  child.on('message', (message: FromSwarm) => {
    if (message.type === 'result') {
      result = message.result;
      return;
    }
    const { point } = message;
    points.push(point);
    // The process is gone when its result is here, and its times with it: so they are read as it goes along.
    cpuAtEnd = cpuOf(roots);
    if (point.atMs - saidAtMs >= SAY_EVERY_MS) {
      saidAtMs = point.atMs;
      say(`  ${describe(plan, point)}`);
    }
  });
  const ended = once(child, 'exit');
  const cpuBefore = cpuOf(roots);
  const startedMs = performance.now();
  child.send(plan);
  const [code] = (await ended) as [number | null];
  signal.removeEventListener('abort', kill);
  if (result === undefined) throw new Error(`The load generator ended with ${code} and no result.`);
  return {
    name,
    title,
    driver: 'swarm',
    settings,
    wallMs: Math.round(performance.now() - startedMs),
    cpuSeconds: cpuBetween(cpuBefore, cpuAtEnd),
    points,
    ...result,
  };
}

function describe(plan: Plan, { joined, admitted, sockets, ordered, paid }: Point): string {
  if (plan.kind === 'rush') return `${ordered} answered, ${paid} paid`;
  return `${joined} joined, ${admitted} inside, ${sockets} sockets, ${ordered} ordered, ${paid} paid`;
}
