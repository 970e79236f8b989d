/** The row that every service's dashboard ends with: the process itself. */
import { type Row, rates, time } from './panels.ts';

const LOOP_WARN_S = 0.1;

export function processRow(job: string): Row {
  const filter = `job="${job}", instance=~"$instance"`;
  return {
    title: 'Process',
    panels: [
      time({
        title: 'Event-loop delay',
        description: 'The first health figure: a service whose loop is late is late with everything.',
        unit: 's',
        thresholds: [
          [null, 'green'],
          [LOOP_WARN_S, 'red'],
        ],
        queries: [
          { expr: `usher_nodejs_eventloop_lag_p50_seconds{${filter}}`, legend: 'p50 {{instance}}' },
          { expr: `usher_nodejs_eventloop_lag_p99_seconds{${filter}}`, legend: 'p99 {{instance}}' },
        ],
      }),
      time({
        title: 'CPU',
        description: 'Of one core; a service has one thread for its work, and the runtime some beside it.',
        unit: 'percentunit',
        queries: [
          {
            expr: `rate(usher_process_cpu_seconds_total{${filter}}[$__rate_interval])`,
            legend: '{{instance}}',
          },
        ],
      }),
      time({
        title: 'Memory',
        description: 'What the process has of the machine, and what of it is live JavaScript.',
        unit: 'bytes',
        queries: [
          { expr: `usher_process_resident_memory_bytes{${filter}}`, legend: 'resident {{instance}}' },
          { expr: `usher_nodejs_heap_size_used_bytes{${filter}}`, legend: 'heap {{instance}}' },
        ],
      }),
      time({
        title: 'Garbage collection',
        description: 'Time spent on it, as a share of all time, by kind.',
        unit: 'percentunit',
        queries: [rates('usher_nodejs_gc_duration_seconds_sum', filter, 'kind')],
      }),
      time({
        title: 'Open files',
        description: 'Sockets are files too. Past what is allowed, connections are refused.',
        unit: 'short',
        queries: [
          { expr: `usher_process_open_fds{${filter}}`, legend: 'open {{instance}}' },
          { expr: `usher_process_max_fds{${filter}}`, legend: 'allowed {{instance}}' },
        ],
        logarithmic: true,
      }),
      time({
        title: 'Uptime',
        description: 'A saw-tooth is a service that keeps ending.',
        unit: 'dtdurations',
        queries: [{ expr: `time() - usher_process_start_time_seconds{${filter}}`, legend: '{{instance}}' }],
      }),
    ],
  };
}

/** The variable that chooses among the containers of a service. */
export const instances = (job: string) => ({
  instance: `label_values(usher_process_start_time_seconds{job="${job}"}, instance)`,
});
