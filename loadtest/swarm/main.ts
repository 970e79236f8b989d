/** The process that drives the load: takes a plan, carries it out, tells how it goes twice a second and how it went. */
import type { FromSwarm, Plan } from './plan.ts';
import { Rush } from './rush.ts';
import { Sale } from './sale.ts';

const POINT_MS = 500;

const tell = (message: FromSwarm) =>
  new Promise<void>((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });

process.once('message', async (plan: Plan) => {
  const load = plan.kind === 'sale' ? new Sale(plan) : new Rush(plan);
  const points = setInterval(() => void tell({ type: 'point', point: load.point }), POINT_MS);
  const result = await load.run();
  clearInterval(points);
  await tell({ type: 'point', point: load.point });
  await tell({ type: 'result', result });
  process.exit(0);
});
process.once('disconnect', () => process.exit(1));
