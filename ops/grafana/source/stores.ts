/** Redis and PostgreSQL, as the services see them, and as their exporters do, which run with docker compose. */
import { type Dashboard, rates, time } from './panels.ts';

export const stores: Dashboard = {
  uid: 'usher-stores',
  title: 'Usher stores',
  description: 'Redis for the seats and for the queue, and PostgreSQL.',
  variables: {},
  rows: [
    {
      title: 'As the services see them',
      panels: [
        time({
          title: 'Reachable',
          description:
            'How many processes of a service get an answer in time. Without notifications, holds end by timer.',
          unit: 'none',
          width: 24,
          queries: [
            {
              expr: 'sum by (job, dependency) (usher_dependency_up)',
              legend: '{{job}} {{dependency}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Redis',
      panels: [
        time({
          title: 'Commands',
          description: 'A second.',
          unit: 'ops',
          queries: [rates('redis_commands_processed_total', '', 'instance')],
        }),
        time({
          title: 'CPU',
          description: 'Of one core, which is all that Redis uses for commands.',
          unit: 'percentunit',
          queries: [
            {
              expr:
                'sum by (instance) (rate(redis_cpu_user_seconds_total[$__rate_interval])' +
                ' + rate(redis_cpu_sys_seconds_total[$__rate_interval]))',
              legend: '{{instance}}',
            },
          ],
        }),
        time({
          title: 'Memory',
          description: 'There is no limit to it but the machine: nothing may ever be thrown away.',
          unit: 'bytes',
          queries: [{ expr: 'redis_memory_used_bytes', legend: '{{instance}}' }],
        }),
        time({
          title: 'Clients',
          description: 'Open connections.',
          unit: 'short',
          queries: [{ expr: 'redis_connected_clients', legend: '{{instance}}' }],
        }),
        time({
          title: 'Keys that expire',
          description: 'In the seats’ Redis these are the holds and nothing else.',
          unit: 'short',
          queries: [{ expr: 'sum by (instance) (redis_db_keys_expiring)', legend: '{{instance}}' }],
        }),
        time({
          title: 'Expired',
          description: 'Keys a second.',
          unit: 'ops',
          queries: [rates('redis_expired_keys_total', '', 'instance')],
        }),
      ],
    },
    {
      title: 'PostgreSQL',
      panels: [
        time({
          title: 'Connections by state',
          description: 'DATABASE_POOL_MAX for each process.',
          unit: 'short',
          stacked: true,
          queries: [{ expr: 'sum by (state) (pg_stat_activity_count)', legend: '{{state}}' }],
        }),
        time({
          title: 'Transactions',
          description: 'A second. Rolled back are, above all, claims of seats that were sold.',
          unit: 'ops',
          queries: [
            { ...rates('pg_stat_database_xact_commit'), legend: 'committed' },
            { ...rates('pg_stat_database_xact_rollback'), legend: 'rolled back' },
          ],
        }),
        time({
          title: 'Size',
          description: 'Of the databases on disk.',
          unit: 'bytes',
          queries: [{ expr: 'pg_database_size_bytes{datname!~"template.*"}', legend: '{{datname}}' }],
        }),
        time({
          title: 'Found in memory',
          description: 'Share of blocks that needed no read from disk.',
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr:
                'sum(rate(pg_stat_database_blks_hit[$__rate_interval])) / ' +
                '(sum(rate(pg_stat_database_blks_hit[$__rate_interval])) + sum(rate(pg_stat_database_blks_read[$__rate_interval])))',
              legend: 'hit',
            },
          ],
        }),
        time({
          title: 'Deadlocks',
          description: 'A second. There should be none.',
          unit: 'ops',
          queries: [rates('pg_stat_database_deadlocks')],
        }),
        time({
          title: 'Longest transaction',
          description: 'Whoever keeps one open keeps old rows from being cleared away.',
          unit: 's',
          queries: [{ expr: 'max(pg_stat_activity_max_tx_duration)' }],
        }),
      ],
    },
  ],
};
