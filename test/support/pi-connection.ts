import { PimeshError } from "../../src/core/error.ts";
import { realPort } from "../../src/demo/pi-ports.ts";
import type { Pi } from "../../src/demo/pi.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { localConnection } from "./local-connection.ts";

/** A connection to a simulated Pi without SSH in between: the same scripts, in a real shell, on the same folder. */
export function piConnection(pi: Pi): Connection {
  const path = pi.environment["PATH"] ?? "";
  const user = localConnection({ node: pi.name, root: pi.root, path });
  const root = localConnection({
    node: pi.name,
    root: pi.root,
    path,
    shell: ["env", "PIMESH_SIM_UID=0", "sh"],
  });
  return {
    ...user,
    run: (script, options) => (options?.as === "root" ? root : user).run(script, options),
    stream: (script, options) => (options?.as === "root" ? root : user).stream(script, options),
    tunnel: async (port, options) => {
      const real = realPort(pi, port);
      if (real === undefined) {
        throw new PimeshError("E-PORT-CLOSED", `nothing listens on its 127.0.0.1:${port}`, { node: pi.name });
      }
      return user.tunnel(real, options);
    },
  };
}
