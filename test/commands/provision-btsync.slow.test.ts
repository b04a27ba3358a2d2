import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Context } from "../../src/commands/context.ts";
import { provision } from "../../src/commands/provision.ts";
import type { ProvisionOptions } from "../../src/commands/provision-options.ts";
import { rollback } from "../../src/commands/rollback.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { asRoot, plug, pull, type Pi } from "../../src/demo/pi.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { elfFile } from "../support/elf.ts";
import { temporaryFolder } from "../support/folder.ts";
import { piConnection } from "../support/pi-connection.ts";
import { runOf, type Run } from "../support/provisioning.ts";
import { requires } from "../support/requires.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { livingPid, standInEngine } from "../support/stand-in-engine.ts";

// Synthetic, of the form that engines print
const key = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const otherKey = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMA";
const armProgram = elfFile({ machine: 40, size: 300_000 });
const seconds = 120_000;

const vendors = {
  units: {
    "resilio-sync.service":
      "[Unit]\nDescription=Resilio Sync service\n\n[Service]\nType=forking\nUser=rslsync\nPIDFile=/var/run/resilio-sync/sync.pid\nExecStart=/usr/bin/rslsync --config /etc/resilio-sync/config.json\n\n[Install]\nWantedBy=multi-user.target\n",
  },
  files: {
    "etc/resilio-sync/config.json": `{
  // as the package brings it
  "storage_path" : "/var/lib/resilio-sync/",
  "webui" : { "listen" : "127.0.0.1:8888", "password" : "of-the-user" }
}
`,
  },
};

describe("btsync with a program and a key of the user's", { timeout: seconds }, () => {
  test("is set up, needs nothing the second time, and is undone byte for byte", async () => {
    const mom = await node(
      "{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key, upload: 900 KiB/s }",
    );
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("upload /usr/local/lib/pimesh/engine/btsync");
    expect(run.out).toContain("start btsync.service");
    expect(mom.bytes("usr/local/lib/pimesh/engine/btsync").equals(armProgram)).toBe(true);
    expect(mom.mode("usr/local/lib/pimesh/engine/btsync")).toBe("755");
    expect(JSON.parse(mom.file("etc/pimesh/btsync.conf"))).toMatchObject({
      storage_path: "/media/btsync/.pimesh/btsync",
      upload_limit: 900,
      sync_trash_ttl: 30,
      shared_folders: [{ secret: key, dir: "/media/btsync/btsync", use_sync_trash: true }],
    });
    expect(mom.mode("etc/pimesh/btsync.conf")).toBe("600");
    expect(mom.file("etc/systemd/system/btsync.service")).toContain(
      "User=pi\nExecStart=/usr/local/lib/pimesh/engine/btsync --config /etc/pimesh/btsync.conf --nodaemon\n",
    );
    expect(mom.file("etc/systemd/system/btsync.service.d/50-pimesh.conf")).toContain("disk-guard");
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "btsync.service"])).toBe("active\n");
    expect(mom.mode("media/btsync/.pimesh/btsync")).toBe("700");

    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    expect((await mom.provision({ dryRun: true })).code).toBe(0);

    expect(await mom.rollback()).toMatchObject({ code: 0, err: "" });
    expect(contents(mom.pi)).toEqual(before);
  });

  test("has its key in no word of a plan, in no JSON and in no file that others can read", async () => {
    const mom = await node("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }");
    const dry = await mom.provision({ dryRun: true, verbose: true });
    expect(dry.out).toContain('"secret": "***"');
    const json = await mom.provision({ yes: true, json: true });
    for (const said of [dry, json]) expect(said.out + said.err).not.toContain(key);
    mom.key(otherKey);
    const change = await mom.provision({ yes: true, verbose: true });
    expect(change.out).toContain("/media/btsync/btsync has another key than before");
    expect(change.out).not.toContain(key.slice(0, 20));
    const holders = execFileSync("grep", ["-rlE", `${key}|${otherKey}`, "."], {
      cwd: mom.pi.root,
      encoding: "utf8",
    });
    expect(holders.trim().split("\n").toSorted()).toEqual([
      "./etc/pimesh/btsync.conf",
      expect.stringMatching(/^\.\/var\/lib\/pimesh\/runs\/[^/]+\/backup\/\d+$/),
    ]);
    expect(mom.mode("var/lib/pimesh")).toBe("700");
  });

  test("is stopped for a new configuration and started with it, and an undo brings both back", async () => {
    const mom = await node("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }");
    await mom.provision({ yes: true });
    const before = contents(mom.pi);
    mom.engine("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key, upload: 100 KiB/s }");
    const run = await mom.provision({ yes: true });
    expect(run.out).toMatch(
      /1\. stop btsync\.service[^]*2\. change \/etc\/pimesh\/btsync\.conf[^]*3\. start btsync\.service/,
    );
    expect(run.out).toContain('-  "upload_limit": 0,');
    expect(run.out).toContain('+  "upload_limit": 100,');
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    expect(await mom.rollback()).toMatchObject({ code: 0 });
    expect(contents(mom.pi)).toEqual(before);
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "btsync.service"])).toBe("active\n");
  });

  test("cut off in the middle of the upload, it is finished by the next run and undone with it", async () => {
    const mom = await node("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }");
    const before = contents(mom.pi);
    expect((await mom.provision({ yes: true }, powerCut)).code).toBe(4);
    expect(existsSync(join(mom.pi.root, "usr/local/lib/pimesh/engine/btsync"))).toBe(false);
    const next = await mom.provision({ yes: true });
    expect(next).toMatchObject({ code: 0, err: "" });
    expect(next.out).toContain("an earlier provision was cut off; this one finishes it");
    expect(mom.bytes("usr/local/lib/pimesh/engine/btsync").equals(armProgram)).toBe(true);
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    await mom.rollback();
    expect(contents(mom.pi)).toEqual(before);
  });

  test("lies where LibreELEC keeps things, run by the only user that there is", async () => {
    const mom = await node(
      "{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }",
      { system: "libreelec" },
      "root",
    );
    expect(await mom.provision({ yes: true })).toMatchObject({ code: 0, err: "" });
    const unit = mom.file("storage/.config/system.d/btsync.service");
    expect(unit).toContain(
      "User=root\nExecStart=/storage/.config/pimesh/lib/engine/btsync --config /storage/.config/pimesh/btsync.conf --nodaemon\n",
    );
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "btsync.service"])).toBe("active\n");
    const again = await mom.provision({ dryRun: true, only: ["engine"] });
    expect(again.out).toContain("nothing to do");
  });

  test("is uploaded again only when the laptop's program is another", async () => {
    const mom = await node("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }");
    await mom.provision({ yes: true });
    mom.program(elfFile({ machine: 40, size: 200_000 }));
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain("replace /usr/local/lib/pimesh/engine/btsync");
    expect(mom.bytes("usr/local/lib/pimesh/engine/btsync")).toHaveLength(200_000);
    await mom.rollback();
    expect(mom.bytes("usr/local/lib/pimesh/engine/btsync").equals(armProgram)).toBe(true);
    expect(mom.mode("usr/local/lib/pimesh/engine/btsync")).toBe("755");
  });
});

describe("before anything is touched provision stops", { timeout: seconds }, () => {
  test.each([
    [
      "without a program, and says where it would go",
      "{ kind: btsync, key_file: ./folder-key }",
      /no BitTorrent Sync on it.*it would go to \/usr\/local\/lib\/pimesh\/engine\/btsync \(E-ENGINE-PROGRAM\)/,
      5,
    ],
    [
      "without Resilio's package, and names that too",
      "{ kind: resilio, key_file: ./folder-key }",
      /E-ENGINE-PROGRAM\)\n.*binary.*or install the package resilio-sync/,
      5,
    ],
    [
      "with a program for another machine",
      "{ kind: btsync, binary: ./btsync-intel, key_file: ./folder-key }",
      /btsync-intel is for 64-bit Intel, and the node's kernel is armv7l \(E-ENGINE-PROGRAM\)/,
      5,
    ],
    [
      "with a program whose loader the node lacks",
      "{ kind: btsync, binary: ./btsync-soft, key_file: ./folder-key }",
      /asks for \/lib\/ld-linux\.so\.3, which is not on the node.*E-ENGINE-PROGRAM/,
      5,
    ],
    [
      "with a program that is none",
      "{ kind: btsync, binary: ./folder-key, key_file: ./folder-key }",
      /is no program for Linux/,
      5,
    ],
    [
      "with a key that is none",
      "{ kind: btsync, binary: ./btsync-arm, key_file: ./bad-key }",
      /E-INVENTORY/,
      2,
    ],
    [
      "with a program and no key",
      "{ kind: btsync, binary: ./btsync-arm }",
      /needs a key for the folder.*E-INVENTORY/,
      2,
    ],
  ])("%s", async (_, engine, said, code) => {
    const mom = await node(engine);
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run.err).toMatch(said);
    expect(run.code).toBe(code);
    expect(contents(mom.pi)).toEqual(before);
  });

  test("at a configuration of the user's that it cannot read", async () => {
    const mom = await node("{ kind: resilio, key_file: ./folder-key }", {
      ...vendors,
      files: { "etc/resilio-sync/config.json": `{ "secret": "${key}", oops` },
    });
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 5 });
    expect(run.err).toContain("/etc/resilio-sync/config.json is not JSON");
    expect(run.err).not.toContain(key);
  });
});

describe("what a user already has", { timeout: seconds }, () => {
  test("of the vendor's package stays, with the inventory laid over it, run as the owner of the tree", async () => {
    const mom = await node("{ kind: resilio, key_file: ./folder-key }", vendors);
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("its web interface goes off");
    expect(run.out).not.toContain("of-the-user");
    expect(JSON.parse(mom.file("etc/resilio-sync/config.json"))).toMatchObject({
      storage_path: "/media/btsync/.pimesh/resilio",
      pid_file: "/var/run/resilio-sync/sync.pid",
      shared_folders: [{ secret: key }],
    });
    expect(existsSync(join(mom.pi.root, "etc/systemd/system/resilio-sync.service"))).toBe(false);
    expect(mom.file("etc/systemd/system/resilio-sync.service.d/56-pimesh-user.conf")).toContain(
      "User=pi\nGroup=1000\n",
    );
    expect(
      existsSync(join(mom.pi.root, "etc/systemd/system/resilio-sync.service.d/55-pimesh-run.conf")),
    ).toBe(false);
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "resilio-sync.service"])).toBe("active\n");
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    expect(await mom.rollback()).toMatchObject({ code: 0 });
    expect(contents(mom.pi)).toEqual(before);
  });

  test("without a key in the inventory keeps its configuration, which is said", async () => {
    const mom = await node("resilio", vendors);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("the configuration /etc/resilio-sync/config.json of resilio stays as it is");
    expect(mom.file("etc/resilio-sync/config.json")).toBe(vendors.files["etc/resilio-sync/config.json"]);
    expect(mom.file("etc/systemd/system/resilio-sync.service.d/50-pimesh.conf")).toContain("disk-guard");
    expect(
      existsSync(join(mom.pi.root, "etc/systemd/system/resilio-sync.service.d/56-pimesh-user.conf")),
    ).toBe(false);
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
  });

  test("a unit written by hand, already running, is told program and configuration and started anew", async () => {
    const unit = "[Service]\nUser=pi\nExecStart=/usr/local/bin/btsync --nodaemon\n";
    const mom = await node("{ kind: btsync, binary: ./btsync-arm, key_file: ./folder-key }", {
      units: { "btsync.service": unit },
      started: ["btsync.service"],
      processes: [{ pid: 611, comm: "btsync", rss: 20_000, unit: "btsync.service" }],
    });
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "the second part of mom:\n" });
    expect(run.out).toContain("a second part follows: btsync.service gets its new configuration");
    expect(mom.file("usr/lib/systemd/system/btsync.service")).toBe(unit);
    expect(mom.file("etc/systemd/system/btsync.service.d/55-pimesh-run.conf")).toContain(
      "ExecStart=\nExecStart=/usr/local/lib/pimesh/engine/btsync --config /etc/pimesh/btsync.conf --nodaemon\n",
    );
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "btsync.service"])).toBe("active\n");
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    expect(await mom.rollback()).toMatchObject({ code: 0 });
    expect(contents(mom.pi).filter(isNoTrace)).toEqual(before.filter(isNoTrace));
  });
});

describe.runIf(requires("python3"))("on a node without systemd", { timeout: seconds }, () => {
  const oldSystem = { system: "raspberry-pi-os-bookworm", init: "sysvinit" } as const;
  const mapping = "{ kind: btsync, binary: ./stand-in, key_file: ./folder-key }";

  // A stand-in for the engine, really started by our init script
  test("an init script of ours runs the program, from plug to pull, and an undo ends it", async () => {
    const mom = await node(mapping, oldSystem);
    const before = contents(mom.pi);
    const pidFile = join(mom.pi.root, "media/btsync/.pimesh/btsync/sync.pid");
    expect(await mom.provision({ yes: true })).toMatchObject({ code: 0, err: "" });
    expect(mom.mode("etc/init.d/btsync")).toBe("755");
    await vi.waitFor(() => expect(livingPid(pidFile)).toBeDefined(), soon);
    const pid = livingPid(pidFile) as number;
    onTestFinished(() => endProcess(pid));
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("btsync\n");
    expect(mom.file(".sim/daemon-user")).toBe("1000\n");
    const log = "media/btsync/.pimesh/btsync/sync.log";
    await vi.waitFor(() => expect(mom.file(log)).toContain("Loaded folder /media/btsync/btsync"), soon);
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");

    await pull(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), soon);
    await plug(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(livingPid(pidFile)).toBeDefined(), soon);
    const second = livingPid(pidFile) as number;
    onTestFinished(() => endProcess(second));
    await vi.waitFor(
      () => expect(mom.file("var/log/pimesh.log")).toMatch(/the engine runs \(btsync\)\n$/),
      soon,
    );

    mom.engine(mapping.replace("btsync,", "btsync, download: 2 MiB/s,"));
    const changed = await mom.provision({ yes: true });
    expect(changed).toMatchObject({ code: 0, err: "" });
    expect(changed.out).toMatch(/stop btsync[^]*start btsync/);
    await vi.waitFor(() => expect(mom.file(log)).toContain("down 2048"), soon);
    const third = livingPid(pidFile) as number;
    onTestFinished(() => endProcess(third));
    expect(third).not.toBe(second);

    expect(await mom.rollback()).toMatchObject({ code: 0 });
    expect(await mom.rollback()).toMatchObject({ code: 0 });
    expect(livingPid(pidFile)).toBeUndefined();
    expect(existsSync(`/proc/${third}`)).toBe(false);
    expect(contents(mom.pi).filter(isNoTrace)).toEqual(before.filter(isNoTrace));
  });

  test("does not start it by hand without the disk", async () => {
    const mom = await node(mapping, oldSystem);
    await mom.provision({ yes: true });
    const pid = livingPid(join(mom.pi.root, "run/pimesh/btsync.pid")) as number;
    onTestFinished(() => endProcess(pid));
    await pull(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), soon);
    await expect(asRoot(mom.pi, "service", ["btsync", "start"])).rejects.toThrow("service btsync start");
    expect(livingPid(join(mom.pi.root, "run/pimesh/btsync.pid"))).toBeUndefined();
  });

  test("an init script of the user's own stays, and what is not used is said", async () => {
    const mom = await node(mapping, {
      ...oldSystem,
      files: { "etc/init.d/btsync_initd": { content: "#!/bin/sh\nexit 0\n", mode: 0o755 } },
    });
    const run = await mom.provision({ dryRun: true });
    expect(run.out).toContain("/etc/init.d/btsync_initd starts it, which is not of our making");
    expect(run.out).toContain("binary and key_file of the inventory are not used");
    expect(run.out).not.toContain("upload");
  });
});

const soon = { timeout: 20_000, interval: 100 };

/** The engine's database and its mark in the tree are its own; our log and the number of plugs tell what has happened. */
function isNoTrace(line: string): boolean {
  return !/\.pimesh|\.SyncID|pimesh\.log|diskseq/.test(line);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended in order
  }
}

type Wrap = (connection: Connection) => Connection;

/** The node loses its power when a thousand bytes of the upload have come. */
function powerCut(connection: Connection): Connection {
  const whole = 'head -c "$6" <&7 >"$fresh"';
  return {
    ...connection,
    stream: (script, options) => {
      if (!script.text.includes("undo_run")) return connection.stream(script, options);
      const text = script.text.replace(whole, () => `head -c 1000 <&7 >"$fresh"; kill -9 $$`);
      if (text === script.text) throw new Error("the apply script has changed: there is no such place in it");
      return connection.stream({ ...script, text }, options);
    },
  };
}

/** A laptop with programs and keys beside its inventory, and mom's simulated Pi, a 32-bit one. */
async function node(engine: string, options: Partial<PiOptions> = {}, user = "pi") {
  const pi = await simulatedPi({ machine: "armv7l", ...options });
  const folder = temporaryFolder();
  mkdirSync(join(folder, "tree"));
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  write("btsync-arm", armProgram);
  if (requires("python3")) write("stand-in", standInEngine());
  write("btsync-soft", elfFile({ machine: 40, interpreter: "/lib/ld-linux.so.3" }));
  write("btsync-intel", elfFile({ bits: 64, machine: 62 }));
  write("folder-key", `${key}\n`);
  write("bad-key", "ABYLI66VS2YU4V5TR422B3N43SHAJLHM\n");
  const inventory = (text: string): void =>
    write(
      "pimesh.yaml",
      `laptop: { tree: ${join(folder, "tree")} }
defaults: { user: ${user}, swap: false, player: false, folders: [photos] }
nodes:
  mom: { address: mom.example.org, engine: ${text} }
`,
    );
  inventory(engine);
  const work = (
    run: (context: Context) => Promise<number>,
    wrap: Wrap = (connection) => connection,
  ): Promise<Run> => runOf(folder, async () => wrap(piConnection(pi)), run);
  return {
    pi,
    /** Somebody edits the inventory, the key, the program. */
    engine: inventory,
    key: (text: string): void => write("folder-key", `${text}\n`),
    program: (bytes: Uint8Array): void => write("btsync-arm", bytes),
    provision: (given: ProvisionOptions, wrap?: Wrap) =>
      work((context) => provision(context, ["mom"], given), wrap),
    rollback: () => work((context) => rollback(context, "mom", { yes: true })),
    file: (path: string): string => readFileSync(join(pi.root, path), "utf8"),
    bytes: (path: string): Buffer => readFileSync(join(pi.root, path)),
    mode: (path: string): string => (statSync(join(pi.root, path)).mode & 0o7777).toString(8),
  };
}

/** Every file, folder and link with its text, but for our own journal and what the simulation notes. */
function contents(pi: Pi): string[] {
  const script = `find . \\( -path ./.sim -o -path ./var/lib/pimesh -o -path ./run -o -path ./proc \\) -prune -o -printf '%p %y %m %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\)`;
  return execFileSync("sh", ["-c", script], { cwd: pi.root, encoding: "utf8" })
    .split("\n")
    .map((line) => line.replace(/(\.pimesh\/index\S* f \d+ ).*/, "$1"))
    .filter((line) => !/^\.(\/var\/lib|\/run)? d /.test(line))
    .toSorted();
}
