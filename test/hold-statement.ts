import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A proxy before a ClickHouse that keeps one statement for a while, and then its answer. */
export interface Holder {
  /** Of the proxy, without a database. */
  readonly url: string;
  /** Resolves when the statement has come. */
  readonly asked: Promise<void>;
  /** Sends it on; resolves when it is done. */
  readonly pass: () => Promise<void>;
  /** Gives whoever asked the answer. */
  readonly answer: () => void;
  readonly close: () => void;
}

/** @param begins with which the statement begins; the first that does is kept */
export async function holdStatement(clickhouse: string, begins: string): Promise<Holder> {
  const [asked, passed, done, answered] = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  if (!asked || !passed || !done || !answered) throw new Error('there are four');
  let isHeld = false;
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await buffer(incoming);
      const isIt = !isHeld && body.subarray(0, begins.length).toString() === begins;
      if (isIt) {
        isHeld = true;
        asked.resolve();
        await passed.promise;
      }
      const { method, headers, url = '' } = incoming;
      const outgoing = request(new URL(url, clickhouse), { method, headers });
      outgoing.end(body);
      const [told] = (await once(outgoing, 'response')) as [typeof incoming];
      const text = await buffer(told);
      if (isIt) {
        done.resolve();
        await answered.promise;
      }
      response.writeHead(told.statusCode ?? 500, told.headers).end(text);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: asked.promise,
    pass: async () => {
      passed.resolve();
      await done.promise;
    },
    answer: () => answered.resolve(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
