import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { searchPath } from "./requires.ts";
import { freePort } from "./server-process.ts";

/** A real Syncthing of a test's own. It speaks to loopback alone: no discovery, no relays, no reports. */
export interface SyncthingProcess {
  readonly home: string;
  readonly id: string;
  /** Where the others reach it. */
  readonly address: string;
  readonly guiPort: number;
  readonly log: () => string;
  /** Does nothing when it runs. Waits until its API answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** As `--reset-database`, or a new home: the next start knows no files. */
  forget(): void;
}

/** Makes its home as `syncthing generate` does, and does not start it. */
export async function makeSyncthing(
  home: string,
  options: { readonly tls?: boolean } = {},
): Promise<SyncthingProcess> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { PATH: searchPath, HOME: dirname(home), STNODEFAULTFOLDER: "1" };
  const generate = ["generate", `--home=${home}`, "--no-default-folder", "--skip-port-probing"];
  execFileSync("syncthing", generate, { env, stdio: "ignore" });
  const id = execFileSync("syncthing", ["serve", `--home=${home}`, "--device-id"], { env, encoding: "utf8" });
  const [guiPort, port] = [await freePort(), await freePort()];
  const file = join(home, "config.xml");
  const config = readFileSync(file, "utf8")
    .replace(
      /(<gui [^>]*?)tls="false"([^>]*>\s*<address>)[^<]*/,
      `$1tls="${options.tls === true}"$2127.0.0.1:${guiPort}`,
    )
    .replace(/(<listenAddress>)[^<]*/, `$1tcp://127.0.0.1:${port}`)
    .replace(/(<reconnectionIntervalS>)[^<]*/, "$11")
    .replaceAll(
      /(<(?:globalAnnounceEnabled|localAnnounceEnabled|relaysEnabled|natEnabled)>)true/g,
      "$1false",
    );
  writeFileSync(file, config);
  let child: ChildProcess | undefined;
  let said = "";
  return {
    home,
    id: id.trim(),
    address: `tcp://127.0.0.1:${port}`,
    guiPort,
    log: () => said,
    async start() {
      if (child !== undefined) return;
      const started = spawn(
        "syncthing",
        ["serve", `--home=${home}`, "--no-browser", "--no-restart", "--no-upgrade"],
        {
          env,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      child = started;
      const listening = new Promise<void>((resolve, reject) => {
        const listen = (chunk: Buffer): void => {
          said += chunk.toString("utf8");
          if (/GUI and API listening on/.test(said)) resolve();
        };
        started.stdout.on("data", listen);
        started.stderr.on("data", listen);
        started.once("exit", () => reject(new Error(`syncthing ended: ${said}`)));
        started.once("error", reject);
      });
      await listening;
    },
    async stop() {
      const running = child;
      child = undefined;
      said = "";
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const ended = once(running, "exit");
      running.kill("SIGTERM");
      await ended;
    },
    forget() {
      if (child !== undefined) throw new Error("it runs");
      for (const name of ["index-v0.14.0.db", "index-v2"])
        rmSync(join(home, name), { recursive: true, force: true });
    },
  };
}
