import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { diskPrepare, type DiskPrepareOptions } from "../../src/commands/disk-prepare.ts";
import { provision } from "../../src/commands/provision.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { asRoot, diskFolder, type Pi } from "../../src/demo/pi.ts";
import { temporaryFolder } from "../support/folder.ts";
import { onPi } from "../support/on-pi.ts";
import { piConnection } from "../support/pi-connection.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { testContext } from "../support/test-context.ts";

const seconds = 60_000;

const blankDisk = {
  device: "/dev/sdb1",
  label: "btsync",
  uuid: "b1a0c000-0000-4000-8000-000000000002",
  bytes: 2_000_381_018_112,
  blank: true,
} as const;

describe("disk prepare", { timeout: seconds }, () => {
  test("makes a blank disk the disk of its node, and provision finds nothing to complain about", async () => {
    const mom = await node({ disks: [blankDisk] });
    const run = await mom.prepare({ device: "/dev/sdb", confirm: "mom" });
    expect(run).toMatchObject({ code: 0, error: undefined });
    expect(run.out).toContain(
      "mom: /dev/sdb, 1.8 TiB, WD Elements 2621, serial WXB1A0C00000, usb\n  holds nothing: it was never formatted\n  to do: erase all of it",
    );
    expect(run.err).toContain("mom: making the ext4 file system\n");
    const uuid = /UUID (\S+)/.exec(run.out)?.[1] as string;
    expect(run.out).toContain(
      `/dev/sdb1 is ready: ext4, labelled btsync, UUID ${uuid}\n  next: pimesh provision mom\n`,
    );
    expect(readFileSync(join(await diskFolder(mom.pi, "/dev/sdb1"), ".pimesh/identity"), "utf8")).toBe(
      `# written by pimesh: this disk belongs to this node\nuuid=${uuid}\nnode=mom\n`,
    );

    expect(await mom.provision()).toMatchObject({ code: 0, error: undefined });
    expect(readFileSync(join(mom.pi.root, "etc/pimesh/node.conf"), "utf8")).toContain(`PIMESH_UUID=${uuid}`);
    expect((await mom.provision()).out).toContain("nothing to do");
  });

  test("refuses a disk with files, says whose it is, and which flag would allow the loss of them", async () => {
    const mom = await node({
      disks: [{ ...familyDisk, used: 412_000_000_000, files: { "btsync/a.jpg": "a" } }],
    });
    const run = await mom.prepare({ device: "/dev/sda", confirm: "mom" });
    expect(run).toMatchObject({ code: 5, error: { code: "E-DISK-HAS-DATA" } });
    expect(run.error?.message).toMatch(
      /^\/dev\/sda holds data: \/dev\/sda1: ext4 file system "btsync", .* in use \(btsync\)$/,
    );
    expect(run.error?.hint).toContain(
      `pimesh disk prepare mom --device /dev/sda --erase-data ${familyDisk.uuid}`,
    );
    expect(existsSync(join(await diskFolder(mom.pi, "/dev/sda1"), "btsync/a.jpg"))).toBe(true);
  });

  test("erases a disk with data when its UUID is named, and asks for the node's name before", async () => {
    const mom = await node({ disks: [{ ...familyDisk, files: { "btsync/a.jpg": "a" } }] });
    const given = { device: "/dev/sda", eraseData: [familyDisk.uuid] };
    expect(await mom.prepare(given)).toMatchObject({
      code: 2,
      error: { code: "E-NEEDS-TTY", hint: "--confirm mom answers it" },
    });
    expect(await mom.prepare(given, "dad")).toMatchObject({ code: 5, error: { code: "E-NOT-CONFIRMED" } });
    expect(await mom.prepare({ ...given, confirm: "dad" })).toMatchObject({
      error: { code: "E-NOT-CONFIRMED" },
    });
    expect(existsSync(join(await diskFolder(mom.pi, "/dev/sda1"), "btsync/a.jpg"))).toBe(true);

    const done = await mom.prepare(given, "mom");
    expect(done).toMatchObject({ code: 0, error: undefined });
    expect(done.out).toContain(`holds /dev/sda1: ext4 file system "btsync"`);
    expect(existsSync(join(await diskFolder(mom.pi, "/dev/sda1"), "btsync"))).toBe(false);
  });

  test("a node that is pinned to another disk says so, and what to do, here and in provision", async () => {
    const mom = await node({ disks: [familyDisk, { ...blankDisk, plugged: false }] });
    expect(await mom.provision()).toMatchObject({ code: 0 });
    const own = await mom.prepare({ device: "/dev/sda", confirm: "mom" });
    expect(own.error).toMatchObject({
      code: "E-DISK-IN-USE",
      hint: "stop what works on it and unmount it, but leave it plugged: pimesh eject mom --keep-power",
    });
    expect(own.error?.message).toContain("/dev/sda1 at /media/btsync; this is the disk of mom: it holds");

    await mom.unplugOwn();
    const run = await mom.prepare({ device: "/dev/sdb", confirm: "mom" });
    expect(run.code).toBe(0);
    expect(run.out).toContain(`mom is pinned to another disk (UUID ${familyDisk.uuid})`);
    expect(run.out).toContain(
      "its pin away: ssh pi@mom.example.org sudo rm /etc/pimesh/node.conf; then: pimesh provision mom",
    );
    expect((await mom.provision()).err).toContain("is not the pinned one");
    await onPi(mom.pi, 'rm "$root/etc/pimesh/node.conf"', { as: "root" });
    expect(await mom.provision()).toMatchObject({ code: 0, error: undefined });
  });

  test("says that another disk with the label is there before it makes a second one", async () => {
    const mom = await node({ disks: [familyDisk, blankDisk] });
    const run = await mom.prepare({ device: "/dev/sdb", dryRun: true });
    expect(run.code).toBe(1);
    expect(run.err).toContain("a disk labelled btsync is plugged in already (/dev/sda1)");
    expect((await onPi(mom.pi, 'ls "$root/dev"')).stdout).not.toContain("sdb1");
  });

  test("gives one JSON document, of refusals too", async () => {
    const mom = await node({ disks: [familyDisk] });
    const run = await mom.prepare({ device: "/dev/sda", confirm: "mom", json: true });
    expect(run).toMatchObject({ code: 5, error: undefined });
    expect(JSON.parse(run.out)).toMatchObject({
      schemaVersion: 1,
      node: "mom",
      device: "/dev/sda",
      result: "failed",
      disk: { path: "/dev/sda", bus: "usb", contents: [{ path: "/dev/sda1", eraseData: familyDisk.uuid }] },
      made: null,
      error: { code: "E-DISK-HAS-DATA" },
    });
  });

  test.each<[string, string, string, string]>([
    ["the card that the system runs from", "/dev/mmcblk0", "E-DISK-SYSTEM", "/dev/mmcblk0p2 is mounted at /"],
    ["a partition", "/dev/sda1", "E-NOT-A-DISK", "a partition of /dev/sda"],
    ["a link to a partition", "/dev/disk/by-label/btsync", "E-NOT-A-DISK", "a partition of /dev/sda"],
    ["what is not there", "/dev/sdx", "E-DISK-ABSENT", "there is no /dev/sdx"],
    ["what is no block device", "/dev/disk", "E-NOT-A-DISK", "no block device"],
    ["a path elsewhere", "/media/btsync", "E-USAGE", "no path below /dev"],
  ])("refuses %s", async (_, device, code, words) => {
    const mom = await node({ disks: [familyDisk] });
    const run = await mom.prepare({ device, confirm: "mom" });
    expect(run.error).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  test("says what is left when a tool fails in the middle, and the next run completes it", async () => {
    const mom = await node({ disks: [blankDisk] });
    const tool = join(mom.pi.root, ".sim/bin/mkfs.ext4");
    const right = readFileSync(tool);
    writeFileSync(
      tool,
      "#!/bin/sh\necho 'mkfs.ext4: Input/output error while writing out and closing file system' >&2\nexit 1\n",
    );
    const run = await mom.prepare({ device: "/dev/sdb", confirm: "mom" });
    expect(run).toMatchObject({ code: 3, error: { code: "E-PREPARE-FAILED" } });
    expect(run.error?.message).toContain(
      "Input/output error while writing out and closing file system; the old content of /dev/sdb is gone",
    );
    writeFileSync(tool, right);
    const next = await mom.prepare({ device: "/dev/sdb", confirm: "mom" });
    expect(next).toMatchObject({ code: 0, error: undefined });
    expect(next.out).toContain("holds what an earlier disk prepare has left that was cut off");
  });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly error: PimeshError | undefined;
}

async function node(options: Partial<PiOptions>) {
  const pi: Pi = await simulatedPi(options);
  const folder = temporaryFolder();
  const inventory = join(folder, "pimesh.yaml");
  writeFileSync(
    inventory,
    `laptop: { tree: ${folder} }\ndefaults: { user: pi, swap: false, engine: false, player: false }\nnodes:\n  mom: { address: mom.example.org }\n`,
  );
  const run = async (
    work: (context: ReturnType<typeof testContext>["context"]) => Promise<number>,
    typed?: string,
  ): Promise<Run> => {
    const { context, said } = testContext(folder, async () => piConnection(pi));
    const prompt =
      typed === undefined ? context.prompt : { ...context.prompt, interactive: true, ask: async () => typed };
    try {
      const code = await work({ ...context, prompt });
      return { code, ...said, error: undefined };
    } catch (error) {
      if (!(error instanceof PimeshError)) throw error;
      return { code: error.exitCode, ...said, error };
    }
  };
  return {
    pi,
    prepare: (given: DiskPrepareOptions, typed?: string) =>
      run((context) => diskPrepare(context, "mom", { inventory, ...given }), typed),
    provision: () => run((context) => provision(context, ["mom"], { inventory, yes: true })),
    unplugOwn: async () => {
      await asRoot(pi, "umount", ["/media/btsync"]);
      await onPi(pi, 'sh "$root/.sim/lib/pull" sda1; sh "$root/.sim/lib/plug" sdb1', { as: "root" });
    },
  };
}
