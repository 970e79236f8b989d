/** What can be said of docker-compose.yml without a Docker: that it fits what it starts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE_OPTIONS, LAUNCHER_OPTIONS, SERVICE_OPTIONS } from '../services/launcher/print-options.ts';
import type { OptionTable } from '../shared/runtime/options.ts';

const ROOT = join(import.meta.dirname, '..');
const TEXT = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';
type Service = {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: Condition }>> | readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart?: string;
  readonly sysctls?: Readonly<Record<string, string | number>>;
  readonly ulimits?: { readonly nofile: { readonly soft: number } };
  readonly stop_grace_period?: string;
};

const file = parse(TEXT, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
const tables: Readonly<Record<string, OptionTable>> = SERVICE_OPTIONS;
const OURS = Object.keys(tables);
const everyOption: OptionTable = Object.assign({}, ...Object.values(tables), COMPOSE_OPTIONS);

/** In a container these are as they are: it listens everywhere, is not embedded, and its page is in the image. */
const NOT_FOR_CONTAINERS = new Set(['HOST', 'USHER_EMBEDDED', 'WEB_ROOT']);
/** No options: read by the PostgreSQL client and by the image's health check. */
const NOT_OPTIONS = new Set(['PGPASSWORD', 'HEALTH_URL']);

/** `${NAME:-default}` as compose would fill it where nothing is set. */
function filled(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
}

/** The port that a container listens on: its option in `environment`, or the option's default. */
function portOf(name: string): number {
  const variable = `${name.toUpperCase()}_PORT`;
  return Number(file.services[name]?.environment?.[variable] ?? tables[name]?.[variable]?.default);
}

describe('services', () => {
  it('start programs that are there, from one image that one of them builds', () => {
    for (const [name, { image, build, command = [], entrypoint = [] }] of services) {
      expect(image, name).toMatch(/^[a-z0-9_./-]+(:[\w.-]+)?$/);
      if (image !== 'usher') {
        expect(image, `${name}: a version is named`).toMatch(/:v?\d/);
        continue;
      }
      const program = [...entrypoint, ...command][1]!;
      expect(existsSync(join(ROOT, program)), `${name} runs ${program}`).toBe(true);
      if (build !== undefined) expect(existsSync(join(ROOT, build, 'Dockerfile'))).toBe(true);
    }
    expect(services.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual([
      'migrate',
    ]);
  });

  it('wait for each other by conditions that the others can meet', () => {
    for (const [name, { depends_on = {} }] of services) {
      if (Array.isArray(depends_on)) {
        for (const other of depends_on) expect(Object.keys(file.services), name).toContain(other);
        continue;
      }
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const service = file.services[other];
        if (condition === 'service_healthy')
          expect(service?.healthcheck?.test, `${name}: ${other}`).toBeDefined();
        if (condition === 'service_completed_successfully') expect(service?.restart).toBe('no');
      }
    }
    for (const name of OURS) {
      expect(Object.keys(file.services[name]?.depends_on ?? {})).toEqual([
        'redis-seats',
        'redis-queue',
        'migrate',
      ]);
    }
  });

  it('come back by themselves, and the one-shots do not', () => {
    for (const [name, { restart }] of services) {
      expect(restart, name).toBe(['migrate', 'seed'].includes(name) ? 'no' : 'unless-stopped');
    }
  });

  it('are there without a profile, but for seed and the monitoring', () => {
    const of = (profile: string | undefined) =>
      services.filter(([, { profiles }]) => profiles?.[0] === profile).map(([name]) => name);
    expect(of('demo')).toEqual(['seed']);
    expect(of('monitoring')).toEqual(['prometheus', 'grafana', 'redis-exporter', 'postgres-exporter']);
    expect(of(undefined)).toEqual([...OURS, 'migrate', 'redis-seats', 'redis-queue', 'postgres', 'mailpit']);
  });

  it('mount files that are there and volumes that are declared', () => {
    const named = new Set<string>();
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source = '', target = ''] = volume.split(':');
        expect(target, `${name}: ${volume}`).toMatch(/^\//);
        if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), `${name}: ${source}`).toBe(true);
        else named.add(source);
      }
    }
    expect([...named].sort()).toEqual(Object.keys(file.volumes).sort());
  });

  it('have more time to stop than they give themselves', () => {
    for (const name of OURS) {
      const graceMs = Number.parseInt(file.services[name]?.stop_grace_period ?? '', 10) * 1_000;
      expect(graceMs).toBeGreaterThan(Number(tables[name]?.STOP_TIMEOUT_MS?.default));
    }
  });
});

describe('options', () => {
  it('are passed on, all of them and no other', () => {
    for (const name of OURS) {
      const wanted = Object.keys(tables[name]!).filter((option) => !NOT_FOR_CONTAINERS.has(option));
      const passed = Object.keys(file.services[name]?.environment ?? {}).filter(
        (key) => !NOT_OPTIONS.has(key),
      );
      expect(passed.sort(), name).toEqual(wanted.sort());
    }
    for (const name of ['migrate', 'seed']) {
      const passed = Object.keys(file.services[name]?.environment ?? {}).filter(
        (key) => !NOT_OPTIONS.has(key),
      );
      expect(passed).toEqual(['REDIS_URL', 'QUEUE_REDIS_URL', 'DATABASE_URL']);
    }
  });

  it('that are asked of the environment exist, with the default that the tables give them', () => {
    const asked = [...TEXT.matchAll(/\$\{(\w+):-([^}]*)\}/g)];
    expect(asked.length).toBeGreaterThan(0);
    expect(TEXT.match(/\$\{?\w/g)).toHaveLength(asked.length);
    // Compose has its own stores and its own mailbox.
    const own = new Set(['REDIS_URL', 'QUEUE_REDIS_URL', 'DATABASE_URL', 'SMTP_URL']);
    for (const [, name = '', fallback = ''] of asked) {
      expect(Object.keys(everyOption), name).toContain(name);
      if (!own.has(name)) expect(fallback, name).toBe(String(everyOption[name]?.default));
    }
    expect(Object.keys(everyOption)).not.toContain(Object.keys(LAUNCHER_OPTIONS)[0]);
  });

  it('of the stores name services that are there', () => {
    for (const name of [...OURS, 'migrate', 'seed']) {
      const { environment = {} } = file.services[name]!;
      for (const option of ['REDIS_URL', 'QUEUE_REDIS_URL', 'DATABASE_URL']) {
        const { hostname } = new URL(filled(String(environment[option])));
        expect(Object.keys(file.services)).toContain(hostname);
      }
    }
  });
});

describe('ports', () => {
  it('of the containers are the defaults, wherever they are named', () => {
    for (const name of OURS) {
      expect(portOf(name), name).toBe(tables[name]?.[`${name.toUpperCase()}_PORT`]?.default);
      const healthUrl = file.services[name]?.environment?.HEALTH_URL ?? imageHealthUrl();
      expect(healthUrl, name).toBe(`http://127.0.0.1:${portOf(name)}/health`);
    }
  });

  it('are published where somebody outside needs them, those of tools to this machine only', () => {
    const published = Object.fromEntries(
      services.filter(([, { ports }]) => ports).map(([name, { ports = [] }]) => [name, ports.map(filled)]),
    );
    expect(published).toEqual({
      gateway: ['8080:8080'],
      seats: ['8081:8081'],
      mailpit: ['127.0.0.1:8025:8025'],
      prometheus: ['127.0.0.1:9090:9090'],
      grafana: ['127.0.0.1:3000:3000'],
    });
  });

  it('of prometheus.yml are those that the containers listen on, of prometheus.local.yml the defaults', () => {
    type Job = {
      job_name: string;
      dns_sd_configs?: { names: string[]; port: number }[];
      static_configs?: { targets: string[] }[];
    };
    const jobs = (name: string) =>
      (parse(readFileSync(join(ROOT, 'ops/prometheus', name), 'utf8')) as { scrape_configs: Job[] })
        .scrape_configs;
    const inCompose = jobs('prometheus.yml').filter(({ dns_sd_configs }) => dns_sd_configs);
    expect(inCompose.map(({ job_name }) => job_name)).toEqual(OURS);
    for (const { job_name, dns_sd_configs } of inCompose) {
      expect(dns_sd_configs).toMatchObject([{ names: [job_name], port: portOf(job_name) }]);
    }
    expect(
      jobs('prometheus.local.yml').map(({ job_name, static_configs }) => [job_name, static_configs]),
    ).toEqual(OURS.map((name) => [name, [{ targets: [`localhost:${portOf(name)}`] }]]));
    const redis = jobs('prometheus.yml').find(({ job_name }) => job_name === 'redis');
    for (const target of redis?.static_configs?.[0]?.targets ?? []) {
      expect(Object.keys(file.services)).toContain(target.split(':')[0]);
    }
  });
});

describe('stores', () => {
  it('are set as the services want them', () => {
    const seats = file.services['redis-seats']?.command ?? [];
    const queue = file.services['redis-queue']?.command ?? [];
    for (const command of [seats, queue]) {
      expect(command).toContain('--maxmemory-policy noeviction');
      expect(command).toContain('--appendonly yes');
    }
    expect(seats).toContain('--notify-keyspace-events Ex');
    expect(seats).toContain('--hz 100');
  });

  it('accept as many connections at once as the kernel lets wait', () => {
    for (const name of ['gateway', 'seats', 'redis-seats', 'redis-queue']) {
      expect(file.services[name]?.sysctls?.['net.core.somaxconn'], name).toBe(4096);
    }
  });

  it('leave a stalled reader 128 KB of the kernel, and the seats more files than sockets', () => {
    expect(file.services.seats?.sysctls?.['net.ipv4.tcp_wmem']).toBe('4096 16384 131072');
    const files = file.services.seats?.ulimits?.nofile.soft ?? 0;
    expect(files).toBeGreaterThan(Number(tables.seats?.SOCKETS_MAX?.default));
  });
});

function imageHealthUrl(): string | undefined {
  return /^ENV HEALTH_URL=(\S+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
}
