import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { type ClickHouseClient, createClient } from '@clickhouse/client';

const agents = new WeakMap<ClickHouseClient, Agent>();

/** One connection to the ClickHouse at `address`, made when something is asked on it. */
export function connectServer(address: string): ClickHouseClient {
  const url = new URL(address);
  // the client takes a path as it is written
  const database = nameDatabase(url);
  url.pathname = '/';
  const agent = new (url.protocol === 'https:' ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  const client = createClient({
    url,
    ...(database !== '' && { database }),
    max_open_connections: 1,
    http_agent: agent,
    // each statement has its own, shorter
    request_timeout: 2_147_000_000,
    application: 'learner-analytics',
    use_multipart_params_auto: true,
    log: { level: 127 },
  });
  agents.set(client, agent);
  return client;
}

/** `` without one: that of the user. */
export function nameDatabase({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(1));
}

/** Bytes that the connection has taken in both directions; another number than before: something still moves. */
export function measureTraffic(client: ClickHouseClient): number {
  const sockets = Object.values(agents.get(client)?.sockets ?? {}).flatMap((each) => each ?? []);
  return sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
}
