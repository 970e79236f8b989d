import { expect, it } from 'vitest';
import { storeOptions } from './common-options.ts';
import { parseOptions } from './options.ts';
import { parseClusterUrl, redisUrlFault } from './redis-url.ts';

it('LC1 REDIS_URL names one server or some nodes of a cluster', () => {
  for (const url of ['redis://h', 'rediss://user:word@h:6380/3', 'redis://[::1]:7000']) {
    expect(redisUrlFault(url)).toBeUndefined();
    expect(parseClusterUrl(url)).toBeUndefined();
  }
  expect(parseClusterUrl('redis+cluster://a:7000,10.0.0.2,[::1]:7002/')).toEqual({
    nodes: [
      { host: 'a', port: 7000 },
      { host: '10.0.0.2', port: 6379 },
      { host: '::1', port: 7002 },
    ],
    tls: false,
  });
  expect(parseClusterUrl('rediss+cluster://usher:p%40ss@clustercfg.example.org:6379')).toEqual({
    nodes: [{ host: 'clustercfg.example.org', port: 6379 }],
    username: 'usher',
    password: 'p@ss',
    tls: true,
  });
  expect(parseClusterUrl('redis+cluster://:word@a')).toMatchObject({ password: 'word' });
});

it('LC1 what is wrong with REDIS_URL is said, and no password with it', () => {
  const faulty = [
    ...['http://h', 'h:6379', 'redis://a:7000,b:7001', 'redis+cluster://', 'redis+cluster://a:7000,'],
    ...['redis+cluster://a:x', 'redis+cluster://:secret@a:7000/1', 'redis+cluster://a:7000?db=1'],
  ];
  const others = { QUEUE_REDIS_URL: 'redis://q', DATABASE_URL: 'postgres://d' };
  for (const REDIS_URL of faulty) {
    const parse = () => parseOptions(storeOptions, { ...others, REDIS_URL });
    expect(parse, REDIS_URL).toThrow(/REDIS_URL must .*redis\+cluster:\/\//);
    expect(parse).not.toThrow(/secret/);
  }
  const QUEUE_REDIS_URL = 'redis+cluster://q';
  expect(() => parseOptions(storeOptions, { ...others, REDIS_URL: 'redis://h', QUEUE_REDIS_URL })).toThrow(
    /QUEUE_REDIS_URL must be a URL that begins with redis: or rediss:/,
  );
});
