import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readReport } from './artillery-part.ts';
import { blockChart, svgChart } from './chart.ts';
import { percentile, summarize } from './latency.ts';
import { cpuBetween } from './processes.ts';
import { milestones, rates } from './report.ts';
import { SalesLedger } from './sales-ledger.ts';
import { Tally } from './tally.ts';

test('percentiles are nearest ranks', () => {
  const sorted = Array.from({ length: 100 }, (_, at) => at + 1);
  assert.deepEqual(
    [0.5, 0.95, 0.99, 1].map((share) => percentile(sorted, share)),
    [50, 95, 99, 100],
  );
  assert.equal(percentile([], 0.5), 0);
  assert.deepEqual(summarize([3.04, 1, 2]), { count: 3, p50: 2, p95: 3, p99: 3, max: 3 });
});

test('the ledger finds a seat and a ticket that two orders have', () => {
  const ledger = new SalesLedger();
  ledger.add({ eventId: 1, orderId: 'a', seats: [1, 2], ticketIds: ['t1', 't2'] });
  ledger.add({ eventId: 2, orderId: 'b', seats: [1, 2], ticketIds: ['t3', 't4'] });
  assert.equal(ledger.duplicates.length, 0);
  ledger.add({ eventId: 1, orderId: 'c', seats: [2, 3], ticketIds: ['t5', 't1'] });
  assert.deepEqual(ledger.duplicates, [
    'seat 2 of event 1 is in the orders a and c',
    'ticket t1 is in the orders a and c',
  ]);
  assert.deepEqual([ledger.orders, ledger.seats, ledger.seatsOf(1).size], [3, 5, 3]);
});

test('a tally keeps a few examples of each fault', () => {
  const tally = new Tally();
  for (const example of ['a', 'b', 'c', 'd']) tally.fault('It broke.', example);
  assert.deepEqual(tally.faults, [{ what: 'It broke.', count: 4, examples: ['a', 'b', 'c'] }]);
});

test('whatever Artillery counts as an error is a fault', () => {
  const counters = { 'vusers.created': 3, 'vusers.completed': 2, 'errors.no map': 1, 'http.codes.503': 1 };
  const { faults, counts } = readReport({ aggregate: { counters, summaries: {} } }, 1, '');
  assert.deepEqual(
    faults.map(({ what }) => what),
    [
      'Artillery counted an error: no map',
      'Artillery was answered 503.',
      'Some of Artillery’s visitors did not come to the end.',
    ],
  );
  assert.equal(counts.visitors, 3);
});

test('a run of Artillery without a visitor is no success', () => {
  const { faults } = readReport({ aggregate: { counters: {}, summaries: {} } }, 0, '');
  assert.equal(faults.length, 1);
});

test('rates are counts over the time in which they were made', () => {
  const spans = { 'until the first order was paid': 1_000, 'until the last order was paid': 5_000 };
  assert.deepEqual(rates({ paid: 600 }, spans), [['orders paid', '150 a second']]);
});

test('milestones tell how far it was after 10 s and 40 s', () => {
  const point = { sockets: 0, paid: 0 };
  const points = [
    { ...point, atMs: 5_000, joined: 0, admitted: 0, ordered: 0 },
    { ...point, atMs: 15_000, joined: 9, admitted: 7, ordered: 3 },
    { ...point, atMs: 30_000, joined: 9, admitted: 9, ordered: 8 },
  ];
  assert.deepEqual(milestones(points), [
    ['came in within 10 s', 7],
    ['ordered within 40 s', 8],
  ]);
  assert.deepEqual(milestones([]), []);
});

test('CPU between two readings is never negative', () => {
  assert.deepEqual(cpuBetween({ a: 1, b: 3 }, { a: 2.5, b: 2, c: 1 }), { a: 1.5, b: 0, c: 1 });
});

test('a chart has a row and a line for what there was', () => {
  const point = { joined: 0, admitted: 0, sockets: 0, ordered: 0, paid: 0 };
  const points = [
    { ...point, atMs: 0 },
    { ...point, atMs: 1_000, paid: 7 },
  ];
  assert.equal(blockChart(points), 'orders paid   | █| 7\n               0 to 1 s');
  assert.equal(svgChart('A & B', points).match(/<polyline/g)?.length, 1);
  assert.match(svgChart('A & B', points), /A &amp; B/);
  assert.equal(svgChart('nothing', []), '');
});
