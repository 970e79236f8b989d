/**
 * Runs every benchmark, one after the other, and gathers their goals into `results/README.md`.
 *
 *   node loadtest/bench/run-all.ts [--quick] [--rounds n] [--force] [--only fan-out,holds]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Machine, RESULTS_DIR, type Verdict } from './lib/bench.ts';
import { table } from './lib/figures.ts';

const BENCHES = [
  'fan-out',
  'connect-storm',
  'memory',
  'holds',
  'expiry',
  'slow-readers',
  'redis-hold',
] as const;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
  },
});
const passedOn = [
  ...(values.quick ? ['--quick'] : []),
  ...(values.force ? ['--force'] : []),
  ...(values.rounds === undefined ? [] : ['--rounds', values.rounds]),
];
const only = values.only?.split(',');
const failed = BENCHES.filter((name) => only === undefined || only.includes(name)).filter((name) => {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...passedOn], {
    stdio: 'inherit',
  });
  if (status !== 0) console.error(`${name} ended with ${status}.`);
  return status !== 0;
});

type Result = { title: string; machine: Machine; rounds: number; verdicts: Verdict[] };
const dir = values.quick ? join(RESULTS_DIR, 'quick') : RESULTS_DIR;
const results = BENCHES.flatMap((name) => {
  const file = join(dir, `${name}.json`);
  return existsSync(file) ? [{ name, ...(JSON.parse(readFileSync(file, 'utf8')) as Result) }] : [];
});
const goalNumber = ({ goal }: { goal: string }) => Number(/^P(\d+)$/.exec(goal)?.[1] ?? 99);
const rows = results
  .flatMap(({ name, verdicts }) => verdicts.map((verdict) => ({ ...verdict, name })))
  .sort((a, b) => goalNumber(a) - goalNumber(b))
  .map(({ goal, what, limit, ours, ratio, target, peer, met, name }) => [
    goal,
    `[${what}](${name}.md)`,
    limit,
    ours,
    ratio,
    target,
    peer,
    met ? 'yes' : '**no**',
  ]);
const runs = results.map(({ name, title, machine, rounds }) => [
  `[${title}](${name}.md)`,
  machine.at,
  machine.load,
  String(rounds),
]);
const machine = results[0]?.machine;
writeFileSync(
  join(dir, 'README.md'),
  `# Results

Written by \`node loadtest/bench/run-all.ts\`. Limits are measured beside ours in the same run: ratios last, absolute figures
are this machine's.

${table(['goal', 'what', 'limit', 'ours', 'ratio', 'goal is', 'best peer', 'met'], rows)}

${machine ? `Machine: ${machine.cores} cores of ${machine.cpu}, ${machine.memory}, Linux ${machine.kernel}, Node ${machine.node}, Redis ${machine.redis}.\nThe server under test has core 0 to itself; load client, Redis and PostgreSQL share core 1.` : ''}

${table(['benchmark', 'begun (UTC)', 'load at the start', 'rounds'], runs)}
`,
);
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}.`);
  process.exitCode = 1;
}
