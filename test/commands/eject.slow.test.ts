import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { eject, type EjectOptions } from "../../src/commands/eject.ts";
import { provision } from "../../src/commands/provision.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { PiOptions, ProcessOptions } from "../../src/demo/pi-options.ts";
import { asRoot, plug, type Pi } from "../../src/demo/pi.ts";
import { temporaryFolder } from "../support/folder.ts";
import { onPi } from "../support/on-pi.ts";
import { piConnection } from "../support/pi-connection.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { endEngine, enginePids, sysvinitEngine } from "../support/sysvinit-engine.ts";
import { testContext } from "../support/test-context.ts";

const timeout = 60_000;
const engine = "syncthing@pi.service";

describe("eject", { timeout }, () => {
  test("stops the engine, switches the swap off, unmounts, and switches the port off; plugged in again, all comes back", async () => {
    const mom = await provisioned({ swap: "{ size: 1MiB, policy: shared }" });
    expect(await mom.states()).toMatchObject({ engine: "active", mount: "active" });
    expect(mom.read("proc/swaps")).toContain("/media/btsync/swapfile");

    const run = await mom.eject();
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.out).toBe(
      "mom: safe to pull: /dev/sda1 (WD Elements 2621, serial WX2F6C1C8E00); its USB port is off\n" +
        "  plugged in again, it comes back by itself: mount, swap and engine as before\n",
    );
    expect(run.err.split("\n")).toEqual([
      `mom: stop ${engine}`,
      "mom: switch off the swap /media/btsync/swapfile",
      "mom: unmount /media/btsync",
      "mom: write everything out",
      "mom: detach /dev/sda",
      "mom: switch its USB port off",
      "",
    ]);
    expect(mom.read("proc/swaps")).not.toContain("btsync");
    expect(mom.read("proc/self/mounts")).not.toContain("btsync");
    expect(existsSync(join(mom.pi.root, "dev/sda"))).toBe(false);
    expect(await mom.states()).toEqual({ engine: "inactive", mount: "inactive", failed: "" });

    await plug(mom.pi, "/dev/sda1");
    expect(await mom.states()).toEqual({ engine: "active", mount: "active", failed: "" });
    expect(mom.read("proc/swaps")).toContain("/media/btsync/swapfile");
  });

  test("an ejected disk is safe to pull, asked as often as one likes", async () => {
    const mom = await provisioned();
    await mom.eject();
    const again = await mom.eject();
    expect(again).toMatchObject({ code: 0, error: undefined, err: "" });
    expect(again.out).toMatch(
      /^mom: safe to pull: no disk labelled btsync is at work; it was ejected on \d{4}-\d\d-\d\d \d\d:\d\d UTC and has not come back\n$/,
    );
    expect((await mom.eject({ dryRun: true })).code).toBe(0);
  });

  test("works before anything is provisioned: an automounter's mount is taken away", async () => {
    const mom = await node({ disks: [{ ...familyDisk, mounted: { at: "/media/pi/btsync" } }] });
    const run = await mom.eject();
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.out).toContain(
      "its USB port is off\n  plugged in again, it is not looked after: mom is not provisioned\n",
    );
    expect(mom.read("proc/self/mounts")).not.toContain("/dev/sda1");
  });

  test("shows in a dry run what it would do, and does none of it", async () => {
    const mom = await provisioned();
    const run = await mom.eject({ dryRun: true });
    expect(run).toMatchObject({ code: 1, err: "" });
    expect(run.out).toContain(
      `mom: /dev/sda1 (WD Elements 2621, serial WX2F6C1C8E00)\n  stop ${engine}: it works on the disk\n  unmount /media/btsync: never by force`,
    );
    expect(await mom.states()).toMatchObject({ engine: "active", mount: "active" });
  });

  test("is refused while somebody has files open; it says who, and nothing is stopped", async () => {
    const mom = await provisioned({
      processes: [{ pid: 911, comm: "rsync", rss: 4000, opens: "/media/btsync/btsync/photos/a.jpg" }],
    });
    const run = await mom.eject();
    expect(run).toMatchObject({
      code: 5,
      err: "",
      error: {
        code: "E-DISK-BUSY",
        message: "rsync (process 911) has /media/btsync/btsync/photos/a.jpg open; nothing was changed",
        hint: "end it, then eject again: ssh pi@mom.example.org sudo kill 911",
      },
    });
    expect(await mom.states()).toMatchObject({ engine: "active", mount: "active" });
  });

  test("stops a player that shows a film from the disk, and starts it again when the disk is out", async () => {
    const mom = await provisioned({
      units: {
        "kodi.service": "[Unit]\nDescription=Kodi\n\n[Service]\nExecStart=/usr/bin/kodi\n",
      },
      started: ["kodi.service"],
      processes: [
        {
          pid: 702,
          comm: "kodi.bin",
          rss: 201_376,
          unit: "kodi.service",
          opens: "/media/btsync/btsync/film.mkv",
        },
      ],
    });
    const run = await mom.eject();
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.err).toContain("mom: stop kodi.service\n");
    expect(run.out).toContain("\n  runs again: kodi.service\n");
    expect((await onPi(mom.pi, "systemctl is-active kodi.service")).stdout).toBe("active\n");
  });

  test("a player without files of the disk is left alone", async () => {
    const mom = await provisioned({
      units: { "kodi.service": "[Unit]\nDescription=Kodi\n\n[Service]\nExecStart=/usr/bin/kodi\n" },
      started: ["kodi.service"],
    });
    expect((await mom.eject()).err).not.toContain("kodi");
  });

  test("is refused when the swap does not fit into memory, and the engine runs again", async () => {
    const mom = await provisioned({ swap: "{ size: 1MiB, policy: shared }" });
    mom.write("proc/swaps", mom.read("proc/swaps").replace(/(swapfile.*\t)0(\t+-?\d+\n)$/, "$11000$2"));
    mom.write("proc/meminfo", mom.read("proc/meminfo").replace(/MemAvailable: +\d+/, "MemAvailable:  500"));
    const run = await mom.eject();
    expect(run).toMatchObject({ code: 5, error: { code: "E-SWAP-HELD" } });
    expect(run.error?.message).toBe(
      `swap stays on: 1000 KiB are in it and only 500 KiB of memory are available; stop the engine first, or --force; running again as before: ${engine}; do not pull the disk`,
    );
    expect(await mom.states()).toMatchObject({ engine: "active", mount: "active" });
    expect(mom.read("proc/swaps")).toContain("/media/btsync/swapfile");
  });

  test("what it has stopped runs again when the unmount fails in the end, the swap too", async () => {
    const mom = await provisioned({ swap: "{ size: 1MiB, policy: shared }" });
    mom.write(
      ".sim/bin/umount",
      `#!/bin/sh\necho "umount: /media/btsync: target is busy." >&2\nexit 32\n`,
      0o755,
    );
    const run = await mom.eject();
    expect(run).toMatchObject({ code: 5, error: { code: "E-DISK-BUSY" } });
    expect(run.error?.message).toBe(
      `/media/btsync cannot be unmounted: umount: /media/btsync: target is busy.; running again as before: pimesh-swap.service, ${engine}; do not pull the disk`,
    );
    expect(await mom.states()).toMatchObject({ engine: "active", mount: "active", failed: "" });
    expect(mom.read("proc/swaps")).toContain("/media/btsync/swapfile");
  });

  test("leaves the port on when another disk is in the same USB box", async () => {
    const mom = await provisioned();
    await onPi(
      mom.pi,
      'box=$(readlink -f "$root/sys/block/sda/device"); mkdir -p "$root/sys/block/sdb" "$box/../1:0:0:0"; ln -s "$(readlink -f "$box/../1:0:0:0")" "$root/sys/block/sdb/device"',
    );
    const run = await mom.eject();
    expect(run.code).toBe(0);
    expect(run.out).toContain("unmounted and detached, its power is still on");
  });

  test("without systemd it stops the engine by its init script, and a plug brings all back", async () => {
    const mom = await node({
      disks: [familyDisk],
      system: "raspberry-pi-os-bookworm",
      init: "sysvinit",
      files: sysvinitEngine(),
    });
    onTestFinished(() => endEngine(mom.pi.root));
    expect(await mom.provision()).toMatchObject({ code: 0, error: undefined });
    expect(enginePids(mom.pi.root)).toHaveLength(1);
    const run = await mom.eject();
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.err).toContain("mom: stop syncthing\nmom: unmount /media/btsync\n");
    expect(run.out).toContain("its USB port is off");
    expect(enginePids(mom.pi.root)).toEqual([]);
    expect(mom.read("proc/self/mounts")).not.toContain("btsync");
    await plug(mom.pi, "/dev/sda1");
    await vi.waitFor(() => expect(enginePids(mom.pi.root)).toHaveLength(1), {
      timeout: 20_000,
      interval: 100,
    });
    expect(mom.read("proc/self/mounts")).toContain("/dev/sda1 /media/btsync");
  });

  test("with --keep-power it only unmounts", async () => {
    const mom = await provisioned();
    const run = await mom.eject({ keepPower: true });
    expect(run.out).toContain("mom: unmounted and left plugged in: /dev/sda1");
    expect(existsSync(join(mom.pi.root, "dev/sda1"))).toBe(true);
    expect(mom.read("proc/self/mounts")).not.toContain("btsync");
    expect((await mom.eject()).out).toContain("its USB port is off");
  });

  test("gives one JSON document, of refusals too", async () => {
    const mom = await provisioned();
    expect(JSON.parse((await mom.eject({ dryRun: true, json: true })).out)).toMatchObject({
      schemaVersion: 1,
      node: "mom",
      result: "planned",
      safeToPull: false,
      disk: { device: "/dev/sda1", uuid: familyDisk.uuid },
    });
    expect(JSON.parse((await mom.eject({ json: true })).out)).toMatchObject({
      result: "ejected",
      safeToPull: true,
      power: "off",
      error: null,
    });
    expect(JSON.parse((await mom.eject({ json: true })).out)).toMatchObject({
      result: "absent",
      safeToPull: true,
    });
  });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly error: PimeshError | undefined;
}

interface Given {
  readonly swap?: string;
  readonly units?: PiOptions["units"];
  readonly started?: readonly string[];
  readonly processes?: readonly ProcessOptions[];
}

/** mom's Pi as a member of the mesh, with Syncthing running. */
async function provisioned(given: Given = {}) {
  const mom = await node(
    {
      disks: [familyDisk],
      units: {
        "syncthing@.service":
          "[Unit]\nDescription=Syncthing\n\n[Service]\nUser=%i\nExecStart=/usr/bin/syncthing\n",
        ...given.units,
      },
      enabled: [engine],
      started: given.started ?? [],
      processes: [
        { pid: 734, comm: "syncthing", rss: 61_440, unit: engine, opens: "/media/btsync/btsync/.stfolder" },
        ...(given.processes ?? []),
      ],
    },
    given.swap ?? "false",
  );
  expect(await mom.provision()).toMatchObject({ code: 0, error: undefined });
  return mom;
}

async function node(options: Partial<PiOptions>, swap = "false") {
  const pi: Pi = await simulatedPi(options);
  const folder = temporaryFolder();
  const inventory = join(folder, "pimesh.yaml");
  writeFileSync(
    inventory,
    `laptop: { tree: ${folder} }\ndefaults: { user: pi, swap: ${swap}, engine: syncthing }\nnodes:\n  mom: { address: mom.example.org }\n`,
  );
  const run = async (
    work: (context: ReturnType<typeof testContext>["context"]) => Promise<number>,
  ): Promise<Run> => {
    const { context, said } = testContext(folder, async () => piConnection(pi));
    try {
      return { code: await work(context), ...said, error: undefined };
    } catch (error) {
      if (!(error instanceof PimeshError)) throw error;
      return { code: error.exitCode, ...said, error };
    }
  };
  const active = async (unit: string): Promise<string> =>
    (await onPi(pi, `systemctl is-active ${unit}`)).stdout.trim();
  return {
    pi,
    eject: (given: EjectOptions = {}) => run((context) => eject(context, "mom", { inventory, ...given })),
    provision: () => run((context) => provision(context, ["mom"], { inventory, yes: true })),
    read: (path: string) => readFileSync(join(pi.root, path), "utf8"),
    write: (path: string, text: string, mode?: number) =>
      writeFileSync(join(pi.root, path), text, mode === undefined ? {} : { mode }),
    states: async () => ({
      engine: await active(engine),
      mount: await active("media-btsync.mount"),
      failed: await asRoot(pi, "systemctl", ["list-units", "--state=failed", "--no-legend", "--plain"]),
    }),
  };
}
