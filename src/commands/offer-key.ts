import { installPublicKey, laptopPublicKey } from "../ssh/install-key.ts";
import type { Connection } from "../ssh/connection.ts";
import type { Context } from "./context.ts";

/**
 * A freshly flashed Pi lets us in by password alone: offers to install the laptop's public key, so that the next run, and
 * the ones that nobody watches, need none. Does nothing after a login by key.
 */
export async function offerKey(context: Context, connection: Connection): Promise<void> {
  if (connection.login !== "password") return;
  const line = await laptopPublicKey(context.home);
  if (line === undefined) {
    context.err(
      `${connection.node}: it let us in by password, and this laptop has no key; make one: ssh-keygen -t ed25519\n`,
    );
    return;
  }
  const yes = await context.prompt.confirm(
    `${connection.node} let us in by password. Install this laptop's public key there, so that it needs none?`,
    { flag: `or install it by hand: ssh-copy-id ${connection.address}` },
  );
  if (yes) await installPublicKey(connection, line);
}
