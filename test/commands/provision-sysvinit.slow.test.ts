import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { provision } from "../../src/commands/provision.ts";
import type { ProvisionOptions } from "../../src/commands/provision-options.ts";
import { rollback } from "../../src/commands/rollback.ts";
import { status } from "../../src/commands/status.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { asRoot, plug, pull, type Pi } from "../../src/demo/pi.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { temporaryFolder } from "../support/folder.ts";
import { piConnection } from "../support/pi-connection.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { endEngine, engineCalls, enginePids, sysvinitEngine } from "../support/sysvinit-engine.ts";
import { testContext } from "../support/test-context.ts";

const seconds = 120_000;

describe("provision of a node without systemd", { timeout: seconds }, () => {
  test("sets it up, has nothing to do the second time, and is undone byte for byte", async () => {
    const mom = await oldNode();
    const before = contents(mom.pi);
    expect(await mom.provision({ yes: true })).toMatchObject({ code: 0, error: undefined });
    expect(mom.file("proc/self/mounts")).toContain(
      "/dev/sda1 /media/btsync ext4 rw,nosuid,nodev,noatime,errors=remount-ro",
    );
    expect(mom.file("media/btsync/.pimesh/identity")).toContain(`uuid=${familyDisk.uuid}\nnode=mom\n`);
    expect(mom.file("etc/pimesh/node.conf")).toContain("PIMESH_ENGINE_INIT=syncthing\n");
    expect(existsSync(join(mom.pi.root, "etc/systemd"))).toBe(false);
    expect(enginePids(mom.pi.root)).toHaveLength(1);
    // The boot starts ours, and the engine no more
    expect(mom.links("2")).toEqual(["K01syncthing", "S01pimesh"]);
    expect(mom.links("6")).toEqual(["K01pimesh", "K01syncthing"]);

    const second = await mom.provision({ yes: true });
    expect(second).toMatchObject({ code: 0, error: undefined });
    expect(second.out).toContain("nothing to do");
    expect((await mom.provision({ dryRun: true })).code).toBe(0);

    expect(await mom.rollback()).toMatchObject({ code: 0, error: undefined });
    expect(contents(mom.pi)).toEqual(before);
    expect(enginePids(mom.pi.root)).toEqual([]);
    expect(existsSync(join(mom.pi.root, "run/pimesh/watching"))).toBe(false);
  });

  test("changes nothing in a dry run", async () => {
    const mom = await oldNode();
    const before = contents(mom.pi);
    const run = await mom.provision({ dryRun: true });
    expect(run.code).toBe(1);
    expect(run.out).toContain("take /etc/init.d/syncthing out of the boot");
    expect(run.out).toContain("have /etc/init.d/pimesh run at boot and at shutdown");
    expect(run.out).not.toContain("systemd and udev");
    expect(contents(mom.pi)).toEqual(before);
  });

  test("a pull takes engine and mount along, a plug brings them back, a stop gives all up", async () => {
    const mom = await oldNode();
    await mom.provision({ yes: true });
    await pull(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(enginePids(mom.pi.root)).toEqual([]), soon);
    expect((await mom.status()).out).toContain("disk-absent");
    await plug(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(enginePids(mom.pi.root)).toHaveLength(1), soon);
    expect(mom.file("proc/self/mounts")).toContain("/dev/sda1 /media/btsync");
    await vi.waitFor(
      () => expect(mom.file("var/log/pimesh.log")).toMatch(/the engine runs \(syncthing\)\n$/),
      soon,
    );
    await asRoot(mom.pi, "service", ["pimesh", "stop"]);
    expect(enginePids(mom.pi.root)).toEqual([]);
    expect(mom.file("proc/self/mounts")).not.toContain("/media/btsync");
    await asRoot(mom.pi, "service", ["pimesh", "start"]);
    await vi.waitFor(() => expect(enginePids(mom.pi.root)).toHaveLength(1), soon);
    expect(engineCalls(mom.pi.root)).toEqual(["start", "stop", "start", "stop", "start"]);
  });

  test("--only mount brings the script and the pin that the mount cannot stand without, and starts no engine", async () => {
    const mom = await oldNode();
    expect((await mom.provision({ yes: true, only: ["mount", "udev"] })).code).toBe(0);
    expect(engineCalls(mom.pi.root)).toEqual([]);
    expect(mom.file("usr/local/lib/pimesh/pimesh-disk")).toContain("#!/bin/sh");
    expect(mom.file("proc/self/mounts")).toContain("/media/btsync");
  });

  test("isolated swap cannot be proven there: it stays off, and the engine does not wait for it", async () => {
    const mom = await oldNode();
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain(
      "the disk's swap stays off: without systemd nobody can be kept out of the disk's swap",
    );
    expect(run.out).toContain("swap: { policy: shared }");
    expect(mom.file("etc/pimesh/node.conf")).toContain("PIMESH_SWAP_THRESHOLD=0\n");
    expect(mom.file("proc/swaps")).not.toContain("swapfile");
    expect(mom.file("proc/sys/kernel/panic")).toBe("0\n");
    expect(enginePids(mom.pi.root)).toHaveLength(1);
  });

  test("shared swap goes on with a panic that restarts, and the engine starts when there is enough", async () => {
    const mom = await oldNode({}, "{ size: 4MiB, policy: shared, threshold: 3MiB }");
    const before = contents(mom.pi);
    expect(await mom.provision({ yes: true })).toMatchObject({ code: 0, error: undefined });
    expect(mom.file("proc/swaps")).toMatch(/^\/media\/btsync\/swapfile\s+file\s+4092\s/m);
    expect(mom.file("proc/sys/kernel/panic")).toBe("10\n");
    expect(mom.file("etc/sysctl.d/50-pimesh-panic.conf")).toContain("kernel.panic = 10");
    expect(enginePids(mom.pi.root)).toHaveLength(1);
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    await pull(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(mom.file("proc/swaps")).not.toContain("swapfile"), soon);
    await plug(mom.pi, familyDisk.device);
    await vi.waitFor(() => expect(enginePids(mom.pi.root)).toHaveLength(1), soon);
    expect(mom.file("proc/swaps")).toContain("swapfile");
    await vi.waitFor(
      () => expect(mom.file("var/log/pimesh.log")).toMatch(/the engine runs \(syncthing\)\n$/),
      soon,
    );
    expect(await mom.rollback()).toMatchObject({ code: 0, error: undefined });
    expect(contents(mom.pi)).toEqual(before);
    expect(mom.file("proc/sys/kernel/panic")).toBe("0\n");
  });

  test("with too little shared swap the engine waits, and provision and status say so", async () => {
    const mom = await oldNode({}, "{ size: 4MiB, policy: shared }");
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.out).toContain("it waits for more than 500,000 KiB of active swap, and there are 4,032 KiB");
    expect(engineCalls(mom.pi.root)).toEqual([]);
    expect((await mom.provision({ yes: true })).out).toContain("nothing to do");
    await pull(mom.pi, familyDisk.device);
    await plug(mom.pi, familyDisk.device);
    await vi.waitFor(
      () => expect(mom.file("var/log/pimesh.log")).toMatch(/it waits for more than 500000 KiB[^]*  Filename/),
      soon,
    );
    expect(engineCalls(mom.pi.root)).toEqual([]);
    const said = await mom.status();
    expect(said.out + said.err).toContain("4092 KiB of swap are active, it waits for more than 500000 KiB");
  });

  test.each([
    ["while the engine is taken out of the boot", 16],
    ["while the disk is mounted", 20],
    ["at the very end", 33],
  ])("cut off %s, it is finished by the next run", async (_, entries) => {
    const mom = await oldNode();
    expect((await mom.provision({ yes: true }, cutAfter(entries))).code).toBe(4);
    const next = await mom.provision({ yes: true });
    expect(next).toMatchObject({ code: 0, error: undefined });
    expect(next.out).toContain("an earlier provision was cut off; this one finishes it");
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
    expect(mom.links("2")).toEqual(["K01syncthing", "S01pimesh"]);
    expect(enginePids(mom.pi.root)).toHaveLength(1);
  });

  test("cut off and undone, nothing is left of it", async () => {
    const mom = await oldNode();
    const before = contents(mom.pi);
    expect((await mom.provision({ yes: true }, cutAfter(16))).code).toBe(4);
    expect(await mom.rollback()).toMatchObject({ code: 0, error: undefined });
    expect(contents(mom.pi)).toEqual(before);
  });

  test("an engine without an init script is waited for, and says so", async () => {
    const mom = await oldNode({}, undefined, false);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.out).toContain("syncthing is not installed; its guard waits for it");
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
  });

  test("other init systems are refused by name", async () => {
    const mom = await oldNode({ files: { "usr/sbin/upstart-udev-bridge": "" } });
    expect(await mom.provision({ dryRun: true })).toMatchObject({ code: 3 });
    expect((await mom.provision({ dryRun: true })).err).toContain(
      "it runs neither systemd nor Debian's sysvinit, but upstart",
    );
  });
});

const soon = { timeout: 20_000, interval: 100 };

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly error: PimeshError | undefined;
}

/** A laptop and mom's simulated Pi, which runs sysvinit, with a plain disk and an engine that the boot would start. */
async function oldNode(options: Partial<PiOptions> = {}, swap = "{ size: 1MiB }", installed = true) {
  const pi = await simulatedPi({
    system: "raspberry-pi-os-bookworm",
    init: "sysvinit",
    ...options,
    files: { ...(installed ? sysvinitEngine() : {}), ...options.files },
  });
  onTestFinished(() => endEngine(pi.root));
  if (installed) await asRoot(pi, "update-rc.d", ["syncthing", "defaults"]);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "tree"));
  writeFileSync(
    join(folder, "pimesh.yaml"),
    `laptop: { tree: ${join(folder, "tree")} }
defaults: { engine: syncthing, user: pi, folders: [photos], player: false, swap: ${swap} }
nodes:
  mom: { address: mom.example.org }
ignore: [.DS_Store]
`,
  );
  const work = async (
    run: (context: ReturnType<typeof testContext>["context"]) => Promise<number>,
    wrap: Wrap = (connection) => connection,
  ): Promise<Run> => {
    const { context, said } = testContext(folder, async () => wrap(piConnection(pi)));
    try {
      return { code: await run(context), ...said, error: undefined };
    } catch (error) {
      if (!(error instanceof PimeshError)) throw error;
      return { code: error.exitCode, ...said, error };
    }
  };
  return {
    pi,
    provision: (given: ProvisionOptions, wrap?: Wrap) =>
      work((context) => provision(context, ["mom"], given), wrap),
    rollback: () => work((context) => rollback(context, "mom", { yes: true })),
    status: () => work((context) => status(context, ["mom"], {})),
    file: (path: string) => readFileSync(join(pi.root, path), "utf8"),
    /** Of a runlevel, without what every system has there. */
    links: (level: string) =>
      readdirSync(join(pi.root, `etc/rc${level}.d`))
        .filter((name) => name !== "README")
        .toSorted(),
  };
}

type Wrap = (connection: Connection) => Connection;

/** The node loses its power when the journal has so many entries: the last one is noted and not yet done. */
function cutAfter(entries: number): Wrap {
  const noted = 'fail E-APPLY-FAILED "cannot write to the journal in $state"\n';
  return (connection) => ({
    ...connection,
    stream: (script, options) => {
      if (!script.text.includes("undo_run")) return connection.stream(script, options);
      const text = script.text.replace(noted, () => `${noted}  [ "$number" != ${entries} ] || kill -9 $$\n`);
      if (text === script.text) throw new Error("the apply script has changed: there is no such place in it");
      return connection.stream({ ...script, text }, options);
    },
  });
}

/** Every file, folder and link with its text, but for our journal and log and what the simulation notes. */
function contents(pi: Pi): string[] {
  const skipped = ["./.sim", "./sys", "./var/lib/pimesh", "./var/log/pimesh.log", "./run", "./proc"];
  const prune = skipped.map((path) => `-path ${path}`).join(" -o ");
  const script = `find . \\( ${prune} \\) -prune -o -printf '%p %y %m %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\)`;
  return execFileSync("sh", ["-c", script], { cwd: pi.root, encoding: "utf8" })
    .split("\n")
    .filter((line) => !/^\.(\/var\/l(?:ib|og)|\/run)? d /.test(line))
    .toSorted();
}
