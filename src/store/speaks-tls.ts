import { isIP } from 'node:net';
import { connect } from 'node:tls';

const PATIENCE_MS = 2000;

/** How Node calls a refusal that came in TLS: of the version, of the name, or for want of a certificate. */
const REFUSAL = /ALERT|UNRECOGNIZED_NAME|UNSUPPORTED_PROTOCOL/;

/** Whether what listens there speaks TLS; whose its certificate is does not matter, as nothing is sent. */
export async function speaksTls({ hostname, port }: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const host = hostname.replaceAll(/[[\]]/g, '');
  const socket = connect({
    host,
    // what stands before several servers refuses who names none
    ...(isIP(host) === 0 && { servername: host }),
    port: Number(port || 80),
    rejectUnauthorized: false,
  });
  socket
    .setTimeout(PATIENCE_MS)
    .once('secureConnect', () => resolve(true))
    .once('timeout', () => resolve(false))
    .on('error', ({ code }: NodeJS.ErrnoException) => resolve(REFUSAL.test(code ?? '')))
    .once('close', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
