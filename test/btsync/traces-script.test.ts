import { spawnSync } from "node:child_process";
import { chmodSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readTraces, type Look } from "../../src/btsync/read-traces.ts";
import { isTraced, tracesScript } from "../../src/btsync/traces-script.ts";
import type { Traces } from "../../src/btsync/traces.ts";
import type { Node } from "../../src/inventory/inventory.ts";
import { askingShells, standingRoot } from "../facts/ask.ts";
import { mom as anyNode } from "../facts/mom.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";

const key = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const mom: Node = { ...anyNode, engine: "btsync" };
const storage = "media/btsync/.pimesh/btsync";
const tree = "media/btsync/btsync";
const config = JSON.stringify(
  {
    device_name: "mom",
    storage_path: "/media/btsync/.pimesh/btsync",
    pid_file: "/media/btsync/.pimesh/btsync/sync.pid",
    shared_folders: [{ secret: key, dir: "/media/btsync/btsync" }],
  },
  null,
  2,
);
const process = { "proc/611/comm": "btsync\n", "proc/611/cmdline": "btsync\0--nodaemon\0" };
const running = {
  "proc/1/comm": "systemd\n",
  ...process,
  "etc/pimesh/btsync.conf": config,
  [`${storage}/sync.pid`]: "611\n",
  [`${storage}/sync.log`]: "[20261129 10:00:00.001] Loaded folder /media/btsync/btsync\n",
  [`${tree}/.SyncID`]: "x".repeat(20),
};

describe.each(askingShells)("the traces of an engine, looked for in $name", ({ words }) => {
  const look = async (files: Readonly<Record<string, string>>, node = mom): Promise<Look | undefined> => {
    if (!isTraced(node)) throw new Error("it has no such engine");
    const root = standingRoot({ "proc/1/comm": "systemd\n", [`${tree}/a.jpg`]: "x", ...files });
    const log = join(root, storage, "sync.log");
    if (files[`${storage}/sync.log`] !== undefined) utimesSync(log, 1_795_946_400, 1_795_946_400);
    const connection = localConnection({ root, shell: words });
    const { stdout, stderr } = await connection.run(tracesScript(node, "8f3c"));
    expect(stderr.toString()).toBe("");
    expect(stdout.toString()).not.toContain(key);
    return readTraces(stdout, "8f3c");
  };
  const traces = async (files: Readonly<Record<string, string>>): Promise<Traces> => {
    const found = await look(files);
    if (found?.kind !== "seen") throw new Error(`not seen: ${found?.kind}`);
    return found.traces;
  };

  test("are configuration without keys, pid file, log and mark", async () => {
    const found = await traces(running);
    expect(found).toMatchObject({
      config: "/etc/pimesh/btsync.conf",
      storage: "/media/btsync/.pimesh/btsync",
      pid: "right",
      log: { at: 1_795_946_400_000, identity: [], errors: [] },
      marks: [".SyncID"],
    });
    expect(found.started).toMatch(/^\d{8} /);
    expect(JSON.parse(found.text)).toMatchObject({ shared_folders: [{ secret: "***" }] });
  });

  test("are those of the configuration that the process was told, wherever it lies", async () => {
    const own = {
      ...running,
      "home/pi/mine.conf": config,
      "proc/611/cmdline": "btsync\0--config\0/home/pi/mine.conf\0",
    };
    expect((await traces(own)).config).toBe("/home/pi/mine.conf");
    expect(await look({ ...own, "proc/611/cmdline": "btsync\0--config=/gone\0--nodaemon\0" })).toEqual({
      kind: "gone",
      config: "/gone",
    });
  });

  test("are those of the configuration that has our tree, where there are several", async () => {
    const several = { "etc/btsync/a.conf": "{}", "etc/btsync/home.conf": config, "etc/btsync/z.conf": "{}" };
    expect((await traces(several)).config).toBe("/etc/btsync/home.conf");
  });

  test("are read from Resilio's own places as well", async () => {
    const text = config.replaceAll(".pimesh/btsync", "rslsync");
    const found = await look(
      { "etc/resilio-sync/config.json": `// a comment\n${text}`, [`${tree}/.sync/ID`]: "x" },
      { ...mom, engine: "resilio" },
    );
    expect(found).toMatchObject({
      kind: "seen",
      traces: {
        config: "/etc/resilio-sync/config.json",
        storage: "/media/btsync/rslsync",
        marks: [".sync/ID"],
      },
    });
  });

  test("are none where there is no configuration", async () => {
    expect(await look(process)).toEqual({ kind: "none" });
  });

  test.each<[string, Readonly<Record<string, string>>, Partial<Traces>]>([
    ["a pid file of a process that has gone", { [`${storage}/sync.pid`]: "9\n" }, { pid: "other" }],
    ["a pid file without a newline", { [`${storage}/sync.pid`]: "611" }, { pid: "right" }],
    ["no pid where no process is to be seen", { "proc/611/comm": "sh\n" }, { pid: "unknown" }],
    ["an empty pid file", { [`${storage}/sync.pid`]: "" }, { pid: "other" }],
    ["an empty mark", { [`${tree}/.SyncID`]: "" }, { marks: [] }],
    ["the marks of both layouts", { [`${tree}/.sync/ID`]: "x" }, { marks: [".SyncID", ".sync/ID"] }],
    [
      "a database whose place stands in a comment alone",
      { "etc/pimesh/btsync.conf": `{\n // "storage_path": "/x",\n "device_name": "mom" }` },
      { storage: "", pid: "unknown", log: undefined },
    ],
  ])("tell %s", async (_, files, expected) => {
    expect(await traces({ ...running, ...files })).toMatchObject(expected);
  });

  test("are none of pid file and log where these are not", async () => {
    const { [`${storage}/sync.pid`]: _pid, [`${storage}/sync.log`]: _log, ...rest } = running;
    expect(await traces({ ...rest, [`${storage}/sync.dat`]: "" })).toMatchObject({
      pid: "none",
      log: undefined,
    });
  });

  test("of a log are the last words about the identity and about an error, not about the network", async () => {
    const log = [
      "[20261129 09:00:00.001] Error: no space left on device",
      "[20261129 10:00:00.001] MUTEX[/media/btsync/btsync]: mutex file not found",
      "[20261129 10:00:00.002] FC[7507]: Mutex file check failed with error : 103",
      "[20261129 10:00:00.003] Failed to open folder /media/btsync/other",
      "[20261129 10:00:00.004] Failed to connect to tracker",
      ...Array.from({ length: 300 }, (_, index) => `[20261129 10:00:01.${index}] SyncFolderNotify`),
    ];
    expect((await traces({ ...running, [`${storage}/sync.log`]: `${log.join("\n")}\n` })).log).toMatchObject({
      identity: [log[1], log[2]],
      errors: [log[3]],
    });
  });
});

test.skipIf(globalThis.process.getuid?.() !== 0)(
  "a configuration that is closed to the login's user is told as closed",
  async () => {
    const root = standingRoot(running);
    chmodSync(root, 0o755);
    chmodSync(join(root, "etc/pimesh/btsync.conf"), 0o600);
    const connection = localConnection({ root, user: "65534" });
    if (!isTraced(mom)) throw new Error("it has no such engine");
    const { stdout } = await connection.run(tracesScript(mom, "8f3c"));
    expect(readTraces(stdout, "8f3c")).toEqual({ kind: "closed", config: "/etc/pimesh/btsync.conf" });
  },
);

test.runIf(requires("shellcheck"))("shellcheck has nothing to say about the script", () => {
  const file = fileURLToPath(new URL("../../src/btsync/traces.sh", import.meta.url));
  const { stdout, stderr } = spawnSync("shellcheck", ["-s", "sh", file], { encoding: "utf8" });
  expect(stdout + stderr).toBe("");
});

test("an answer that broke off is none", () => {
  expect(readTraces(Buffer.from("\n8f3c config\n/etc/x\n\n8f3c text\n{}\n"), "8f3c")).toBeUndefined();
});
