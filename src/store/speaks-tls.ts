import { connect } from 'node:tls';

const PATIENCE_MS = 2000;

/** Whether what listens there speaks TLS; whose its certificate is does not matter, as nothing is sent. */
export async function speaksTls({ hostname, port }: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || 80),
    rejectUnauthorized: false,
  });
  socket
    .setTimeout(PATIENCE_MS)
    .once('secureConnect', () => resolve(true))
    .once('timeout', () => resolve(false))
    .on('error', () => resolve(false))
    .once('close', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
