import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlGroup } from "./control-group.ts";
import { startMeasured, type Running } from "./measured.ts";
import type { Place } from "./place.ts";
import type { Value } from "./row.ts";
import { peakValue } from "./statistics.ts";

/** One node: a port of the far end's sshd, and the environment of its sessions. */
export interface FarNode {
  readonly name: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FarEnd {
  /**
   * Waits until the sessions have ended, but not for long; then the largest process of all of them. Unknown without
   * control groups: a session that sshd has not waited for would be left out.
   */
  stop(): Promise<Value | undefined>;
}

/** As after a login on a Pi: a version manager's python3 is a shell script, and slow. */
export const farPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** MAX_LISTEN_SOCKS, fixed when sshd is built. */
const portsOfOne = 16;

/**
 * Real sshds, each for as many nodes as one can listen for. Fresh ones for each run, so that what they used is that run's
 * alone.
 */
export async function startFarEnd(place: Place, nodes: readonly FarNode[]): Promise<FarEnd> {
  const folder = join(place.folder, "sshd");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "authorized_keys"), `${place.identity.publicLine}\n`, { mode: 0o600 });
  if (process.getuid?.() === 0 && !existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
  const servers: Running[] = [];
  for (let first = 0; first < nodes.length; first += portsOfOne)
    servers.push(await startServer(place, folder, nodes.slice(first, first + portsOfOne)));
  return {
    stop: async () => {
      const { pi } = place.groups;
      if (pi !== undefined) await untilAlone(pi, servers.length);
      for (const server of servers) server.end();
      const used = await Promise.all(servers.map(async (server) => server.used));
      // Sessions that a client keeps open for the next time outlive their server
      pi?.clear();
      return pi === undefined ? undefined : peakValue(used.map(({ peak }) => peak));
    },
  };
}

async function startServer(place: Place, folder: string, nodes: readonly FarNode[]): Promise<Running> {
  const file = join(folder, `sshd_config-${nodes[0]?.port ?? 0}`);
  writeFileSync(file, configOf(place, folder, nodes));
  const server = startMeasured(
    place,
    "pi",
    [...place.line.enter, "/usr/sbin/sshd", "-D", "-e", "-f", file],
    {},
  );
  // A look at the port would be a connection, and bytes on the line
  const listening = (): number => readFileSync(server.stderr, "utf8").split("Server listening on").length - 1;
  for (let tries = 0; listening() < nodes.length; tries += 1) {
    if (server.hasEnded() || tries > 2000)
      throw new Error(`sshd did not start: ${readFileSync(server.stderr, "utf8")}`);
    await sleep(5);
  }
  return server;
}

function configOf(place: Place, folder: string, nodes: readonly FarNode[]): string {
  const lines = [
    ...nodes.map(({ port }) => `Port ${port}`),
    `ListenAddress ${place.line.host}`,
    `HostKey ${place.hostKey.file}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    "PidFile none",
    "Subsystem sftp internal-sftp",
    // The folder may lie below one that everybody may write to
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "MaxStartups 1000",
    ...nodes.flatMap(({ port, environment }) => [
      `Match LocalPort ${port}`,
      `SetEnv ${Object.entries(environment)
        .map(([name, value]) => `"${name}=${value}"`)
        .join(" ")}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Of each sshd one that measures and itself are left, or a second has gone. */
async function untilAlone(group: ControlGroup, servers: number): Promise<void> {
  for (let tries = 0; group.members().length > 2 * servers && tries < 100; tries += 1) await sleep(10);
}
