/**
 * How REDIS_URL names a server or a cluster. A cluster has a scheme of its own, because one address is often all
 * that is known of it: nothing else would tell `redis://host:6379` of a cluster from a single server, and what
 * is to be done at start (a subscriber per master, slots) cannot wait until Redis answers.
 */

/** Some nodes of a cluster, from which the others are learned, and what all of them want. */
export type ClusterAddress = {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
};

const PORT = 6_379;
const SCHEME = /^rediss?\+cluster:/;
const CLUSTER = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^@/?#]+)\/?$/;

/** The cluster that a URL names; undefined where it names a server, or none in a way that can be read. */
export function parseClusterUrl(url: string): ClusterAddress | undefined {
  const match = CLUSTER.exec(url);
  if (match === null) return undefined;
  const [, scheme, credentials = '', hosts] = match;
  const urls = hosts!.split(',').map((host) => `redis://${credentials}@${host.trim()}`);
  if (!urls.every((each) => URL.canParse(each) && new URL(each).hostname !== '')) return undefined;
  const nodes = urls.map((each) => new URL(each));
  const { username, password } = nodes[0]!;
  return {
    // An IPv6 address stands in brackets in a URL and nowhere else.
    nodes: nodes.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || PORT),
    })),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    tls: scheme === 'rediss',
  };
}

/** What is wrong with the URL of a Redis or a cluster, as the end of a sentence; undefined where nothing is. */
export function redisUrlFault(url: string): string | undefined {
  if (SCHEME.test(url)) {
    return parseClusterUrl(url) === undefined
      ? 'must name a cluster as redis+cluster://[user:password@]host:port,host:port, without a path or options.'
      : undefined;
  }
  if (URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return undefined;
  return 'must be a URL that begins with redis:// or rediss://, or names the nodes of a cluster as redis+cluster://host:port,host:port.';
}
