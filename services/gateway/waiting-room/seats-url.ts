/** Where the seat service is, as the one who asks can reach it. */
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.ts';

/** A host as it may stand in an address; whatever else a request claims to have been sent to is not repeated. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})$/;

/** `ws://host:8081`, without a path. */
export function seatsUrl(
  config: Pick<GatewayConfig, 'SEATS_PUBLIC_URL' | 'SEATS_PORT'>,
  request: Pick<FastifyRequest, 'hostname' | 'protocol'>,
): string {
  const set = config.SEATS_PUBLIC_URL.replace(/\/+$/, '').replace(/^http/, 'ws');
  if (set !== '') return set;
  const scheme = request.protocol === 'https' ? 'wss' : 'ws';
  const host = HOST.test(request.hostname) ? request.hostname : 'localhost';
  return `${scheme}://${host}:${config.SEATS_PORT}`;
}
