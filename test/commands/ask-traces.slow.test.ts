import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { askTraces } from "../../src/commands/ask-traces.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { asRoot, type Pi } from "../../src/demo/pi.ts";
import type { TracesMeasured } from "../../src/history/traces-measurement.ts";
import type { Node } from "../../src/inventory/inventory.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { recorded } from "../btsync/recorded.ts";
import { mom as anyNode } from "../facts/mom.ts";
import { healthy } from "../report/measurements.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";
import { piConnection } from "../support/pi-connection.ts";
import { requires } from "../support/requires.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { standInEngine } from "../support/stand-in-engine.ts";

vi.setConfig({ testTimeout: 60_000 });

const mom: Node = { ...anyNode, engine: "btsync" };
const storage = "media/btsync/.pimesh/btsync";
const log = `${storage}/sync.log`;
const mark = "media/btsync/btsync/.SyncID";
const config = JSON.stringify({
  device_name: "mom",
  storage_path: `/${storage}`,
  pid_file: `/${storage}/sync.pid`,
  upload_limit: 0,
  download_limit: 0,
  shared_folders: [{ secret: "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN", dir: "/media/btsync/btsync" }],
});
const ask = (connection: Connection, running = true): Promise<TracesMeasured | undefined> =>
  askTraces({ signal: new AbortController().signal }, mom, {
    connection,
    measurement: healthy({
      engine: { kind: "btsync", running, memory: null, unit: "btsync.service", unitState: "active" },
    }),
  });

describe("a simulated Pi with btsync", () => {
  const options: Partial<PiOptions> = {
    disks: [
      {
        ...familyDisk,
        mounted: { at: "/media/btsync" },
        files: { "btsync/a.jpg": "x", ".pimesh/btsync": null },
      },
    ],
    units: {
      "btsync.service": "[Service]\nExecStart=/usr/bin/btsync --config /etc/pimesh/btsync.conf --nodaemon\n",
    },
    processes: [{ pid: 611, comm: "btsync", rss: 20_000, unit: "btsync.service" }],
    files: { "etc/pimesh/btsync.conf": config },
    started: ["btsync.service"],
  };
  const madePi = async (): Promise<Pi> => simulatedPi(options);

  test("shows what it would leave behind, and that it takes it along", async () => {
    const pi = await madePi();
    expect(await ask(piConnection(pi))).toEqual({
      kind: "seen",
      config: "/etc/pimesh/btsync.conf",
      folder: true,
      identity: "there",
      pid: "right",
      log: { path: `/${log}`, at: expect.any(Number) as number, lost: null, error: null },
      web: { kind: "off", why: "is off, since the folders stand in the configuration" },
    });
    expect(readFileSync(join(pi.root, log), "utf8")).toContain("Loaded folder /media/btsync/btsync");
    await asRoot(pi, "systemctl", ["stop", "btsync.service"]);
    expect(existsSync(join(pi.root, storage, "sync.pid"))).toBe(false);
    expect(await ask(piConnection(pi))).toMatchObject({ kind: "seen", pid: "none", identity: "there" });
  });

  test("shows a lost mark, and an error that the log names", async () => {
    const pi = await madePi();
    rmSync(join(pi.root, mark));
    const line = "[20991129 10:00:00.001] Error: no space left on device";
    appendFileSync(join(pi.root, log), `${line}\n`);
    expect(await ask(piConnection(pi))).toMatchObject({ identity: "missing", log: { error: line } });
  });
});

// The engines are closed programs and in no package: a stand-in is really run.
describe.runIf(requires("python3"))("a stand-in for btsync that really runs", () => {
  test("has its lost mark told from its log, until it is started anew", async () => {
    const engine = started();
    await vi.waitFor(() => expect(engine.said()).toContain("Loaded folder"), soon);
    expect(await ask(engine.connection)).toMatchObject({ identity: "there", log: { lost: null } });
    rmSync(join(engine.root, mark));
    await vi.waitFor(() => expect(engine.said()).toContain("error : 103"), soon);
    writeFileSync(join(engine.root, mark), "x");
    expect(await ask(engine.connection)).toMatchObject({
      identity: "there",
      log: { lost: expect.stringMatching(/Mutex file check failed with error : 103$/) as string },
    });
  });
});

describe.runIf(requires("python3"))("a stand-in for Resilio with a web interface", () => {
  test("is asked for its own word over the connection, with the login of its configuration", async () => {
    const port = await freePort();
    const engine = started({ port, password: "of the user's" });
    await vi.waitFor(() => expect(engine.said()).toContain("Web interface on"), soon);
    const asked = await ask(engine.connection);
    expect(asked).toMatchObject({
      kind: "seen",
      folder: null,
      web: { kind: "told", state: "synced", version: null, peers: [{ name: "home", connected: true }] },
    });
    expect(JSON.stringify(asked)).not.toContain("of the user's");
  });

  test("is not asked while it stands, and its silence is told when it should run", async () => {
    const engine = started({ port: await freePort(), password: "x" });
    await vi.waitFor(() => expect(engine.said()).toContain("Web interface on"), soon);
    await engine.stop();
    expect(await ask(engine.connection, false)).toMatchObject({ web: { kind: "off" } });
    expect(await ask(engine.connection)).toMatchObject({ web: { kind: "silent", code: "E-ENGINE-DOWN" } });
  });
});

const soon = { timeout: 20_000, interval: 100 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** With a web interface in place of folders in the configuration, or without. */
function started(web?: { readonly port: number; readonly password: string }) {
  const root = temporaryFolder();
  for (const folder of [storage, "media/btsync/btsync", "etc/pimesh", "usr/bin", "proc"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const { shared_folders: folders, ...rest } = JSON.parse(config) as Record<string, unknown>;
  const webui = { listen: `127.0.0.1:${web?.port}`, login: "ann", password: web?.password };
  writeFileSync(
    join(root, "etc/pimesh/btsync.conf"),
    JSON.stringify(web === undefined ? { ...rest, shared_folders: folders } : { ...rest, webui }),
  );
  writeFileSync(join(root, storage, "getsyncfolders.json"), JSON.stringify(recorded("3.1-fields")));
  // It has been there before: only folders in the configuration get theirs from the stand-in
  if (web !== undefined) writeFileSync(join(root, mark), "x");
  writeFileSync(join(root, "usr/bin/btsync"), standInEngine(), { mode: 0o755 });
  const words = ["--config", join(root, "etc/pimesh/btsync.conf"), "--nodaemon"];
  const child = spawn(join(root, "usr/bin/btsync"), words, {
    env: { ...process.env, PIMESH_ROOT: root },
    stdio: "ignore",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    root,
    connection: localConnection({ root }),
    stop: async (): Promise<void> => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
    said: (): string => (existsSync(join(root, log)) ? readFileSync(join(root, log), "utf8") : ""),
  };
}
