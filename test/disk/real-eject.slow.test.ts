import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ejectDisk } from "../../src/disk/eject-disk.ts";
import { lookBeforeEject } from "../../src/disk/eject-look.ts";
import { planEject } from "../../src/disk/eject-plan.ts";
import type { Node } from "../../src/inventory/inventory.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";
import { requires } from "../support/requires.ts";
import { mom } from "./mom.ts";

vi.setConfig({ testTimeout: 60_000 });

const isRoot = process.getuid?.() === 0 || process.env["CI"] !== undefined;

/** This machine as the node: real mounts, real open files, real swap; its loop device has no port that could be switched off. */
describe.runIf(isRoot && requires("losetup", "mkfs.ext4", "mkswap"))("eject on a real disk", () => {
  test("unmounts it, at a path with a blank too, and nothing of it is left in use", async () => {
    const disk = realDisk();
    const { ejected, steps } = await disk.eject();
    expect(steps).toEqual([`unmount ${disk.place}`, "write everything out"]);
    expect(ejected).toEqual({ power: { kind: "kept" }, again: [], notAgain: [] });
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(disk.device);
    expect((await disk.look()).uses).toEqual([]);
  });

  test.each<[string, (place: string) => ReturnType<typeof spawn>, string]>([
    ["a file", (place) => spawn("sh", ["-c", 'exec 5>"$1/film"; echo; exec sleep 60', "sh", place]), "/film"],
    ["a folder to work in", (place) => spawn("sh", ["-c", "echo; exec sleep 60"], { cwd: place }), ""],
    [
      "a program that runs from it",
      (place) => {
        execFileSync("cp", ["/bin/sleep", join(place, "player")]);
        return spawn("sh", ["-c", 'echo; exec "$1/player" 60', "sh", place]);
      },
      "/player",
    ],
  ])("%s in use is seen before anything is done, with the process that uses it", async (_, start, path) => {
    const disk = realDisk();
    const child = start(disk.place);
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout as NodeJS.ReadableStream, "data");
    await vi.waitFor(async () => {
      const { users } = await disk.look();
      expect(users.map((user) => [user.pid, user.path])).toEqual([[child.pid, `${disk.place}${path}`]]);
    }, 30_000);
    await expect(disk.eject()).rejects.toMatchObject({
      code: "E-DISK-BUSY",
      message: expect.stringContaining(`(process ${child.pid}) has ${disk.place}${path} open`) as string,
    });
    expect(readFileSync("/proc/self/mounts", "utf8")).toContain(disk.device);
    child.kill("SIGKILL");
    await once(child, "close");
    expect((await disk.eject()).ejected.power).toEqual({ kind: "kept" });
  });

  test("a swap file on it is switched off first", async ({ skip }) => {
    const disk = realDisk();
    const swap = join(disk.place, "swapfile");
    execFileSync("sh", ["-c", 'fallocate -l 8M "$1"; chmod 600 "$1"; mkswap -q "$1"', "sh", swap]);
    skip(spawnSync("swapon", [swap]).status !== 0, "this kernel has no swap");
    onTestFinished(() => void spawnSync("swapoff", [swap]));
    const { steps } = await disk.eject();
    expect(steps[0]).toBe(`switch off the swap ${swap}`);
    expect(readFileSync("/proc/swaps", "utf8")).not.toContain("swapfile");
  });

  test("somebody who comes in between is named, and the swap goes on again as it was", async ({ skip }) => {
    const disk = realDisk();
    const swap = join(disk.place, "swapfile");
    execFileSync("sh", ["-c", 'fallocate -l 8M "$1"; chmod 600 "$1"; mkswap -q "$1"', "sh", swap]);
    skip(spawnSync("swapon", ["-p", "7", swap]).status !== 0, "this kernel has no swap");
    onTestFinished(() => void spawnSync("swapoff", [swap]));
    const ejecting = disk.eject(async () => {
      const child = spawn("sh", ["-c", "echo; exec sleep 60"], { cwd: disk.place });
      onTestFinished(() => void child.kill("SIGKILL"));
      await once(child.stdout, "data");
    });
    await expect(ejecting).rejects.toMatchObject({
      code: "E-DISK-BUSY",
      message: expect.stringMatching(
        new RegExp(
          `cannot be unmounted.*; sleep \\(process \\d+\\) has ${disk.place} open; running again as before: the swap ${swap}; do not pull the disk$`,
        ),
      ) as string,
      hint: expect.stringMatching(/sudo kill \d+$/) as string,
    });
    expect(readFileSync("/proc/swaps", "utf8")).toMatch(/media\\040a\\040b\/swapfile .*\s7$/m);
  });

  test("something else that is mounted inside of it is named", async () => {
    const disk = realDisk();
    const inside = join(disk.place, "inside");
    mkdirSync(inside);
    execFileSync("mount", ["-t", "tmpfs", "none", inside]);
    onTestFinished(() => void spawnSync("umount", [inside]));
    await expect(disk.eject()).rejects.toMatchObject({
      code: "E-DISK-BUSY",
      message: `none is mounted in a folder of the disk: ${inside}`,
    });
    execFileSync("umount", [inside]);
    expect((await disk.eject()).ejected.power).toEqual({ kind: "kept" });
  });
});

function realDisk() {
  const folder = temporaryFolder();
  const image = join(folder, "image");
  const place = join(folder, "media a b");
  mkdirSync(place);
  execFileSync("truncate", ["-s", "64M", image]);
  execFileSync("mkfs.ext4", ["-q", image]);
  const device = execFileSync("losetup", ["-f", "--show", image], { encoding: "utf8" }).trim();
  execFileSync("mount", [device, place]);
  writeFileSync(join(place, "photo"), "photo");
  onTestFinished(() => {
    spawnSync("sh", ["-c", 'umount -l "$1"; losetup -d "$2"', "sh", place, device]);
  });
  const connection = localConnection();
  const node: Node = { ...mom, disk: { label: "btsync", mount: place } };
  const libFolder = "/nowhere";
  const look = () =>
    lookBeforeEject(connection, { device, mount: place, services: [], init: "systemd", libFolder });
  return {
    device,
    place,
    look,
    /** `between`: what happens after the plan was made. */
    eject: async (between?: () => Promise<void>) => {
      const steps: string[] = [];
      const plan = planEject({
        node,
        look: await look(),
        uuid: "x",
        services: {
          engine: undefined,
          players: [],
          swap: "pimesh-swap.service",
          ours: [],
          engineProcesses: [],
        },
        keepPower: true,
      });
      await between?.();
      const ejected = await ejectDisk(
        connection,
        { node, plan, init: "systemd", libFolder, stateFolder: join(folder, "state"), who: "the test" },
        (text) => void steps.push(text),
      );
      return { ejected, steps };
    },
  };
}
