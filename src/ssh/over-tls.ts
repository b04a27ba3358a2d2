import type { Duplex } from "node:stream";
import { connect } from "node:tls";

/** TLS over a stream that leads to a machine's own loopback: the certificate there is its own, and proves nothing. */
export async function overTls(open: () => Promise<Duplex>): Promise<Duplex> {
  const socket = await open();
  return new Promise((resolve, reject) => {
    const stream = connect({ socket, rejectUnauthorized: false }, () => {
      stream.off("error", reject);
      resolve(stream);
    });
    stream.once("error", reject);
  });
}
