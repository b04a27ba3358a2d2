import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { familyDisk } from "../support/simulated-pi.ts";
import { momWithSwap } from "../support/provisioning.ts";

const seconds = 120_000;
const cmdline = "boot/firmware/cmdline.txt";
/** A Pi 1, in which 297,481 files need swap and 1,000 do not. */
const small = { total: 442_000, available: 300_000 };
const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

/** As mkswap leaves it. */
const swapFile = new Uint8Array(1_048_576).fill(1);
swapFile.set(Buffer.from("SWAPSPACE2"), 4096 - 10);

describe("swap: auto", { timeout: seconds }, () => {
  test("makes nothing before the first count and says how to get one; then the right size, once", async () => {
    const mom = await momWithSwap("auto", { memory: small });
    const first = await mom.provision({ yes: true });
    expect(first.out).toContain("swap: auto: no swap file; nobody has counted the tree yet");
    expect(first.out).toContain("pimesh status mom");
    expect(existsSync(join(mom.pi.root, "media/btsync/swapfile"))).toBe(false);
    await mom.remember(180_000);
    const second = await mom.provision({ yes: true });
    expect(second.out).toContain("make the swap file /media/btsync/swapfile of 512 MiB");
    await mom.remember(185_000);
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
    expect(mom.read("media/btsync/btsync/config_raspi/mom/inventory.yaml")).toContain('"size": "auto"');
  });

  test("makes none where the engine fits, and leaves one that is there", async () => {
    const mom = await momWithSwap("{ size: 1MiB }");
    await mom.remember(1000);
    await mom.provision({ yes: true });
    mom.inventory("auto");
    const run = await mom.provision({ dryRun: true });
    expect(run.out).toContain("none is needed: syncthing fits into memory");
    expect(run.out).toContain("the 1.0 MiB that it has stay");
    expect(run.out).not.toContain("remove the swap file");
  });
});

describe("swap: false", { timeout: seconds }, () => {
  test("takes our swap file away, and rollback makes one of its size", async () => {
    const mom = await momWithSwap("{ size: 1MiB }");
    await mom.provision({ yes: true });
    mom.inventory("false");
    const before = mom.contents();
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain("remove the swap file /media/btsync/swapfile (1.0 MiB)");
    expect(existsSync(join(mom.pi.root, "media/btsync/swapfile"))).toBe(false);
    expect((await mom.provision({ dryRun: true })).code).toBe(0);
    expect((await mom.rollback()).code).toBe(0);
    expect(mom.contents()).toEqual(before);
  });

  test("leaves somebody's own file of that name", async () => {
    const mom = await momWithSwap("false", {
      disks: [{ ...familyDisk, files: { swapfile: "precious" } }],
    });
    expect((await mom.provision({ yes: true })).code).toBe(0);
    expect(mom.read("media/btsync/swapfile")).toBe("precious");
  });
});

test.each([
  ["a Pi 4 in a Pi 5", 4096, 16384],
  ["a Pi 5 in a Pi 4", 16384, 4096],
] as const)(
  "the swap file of %s gets a new header and stays what it is",
  { timeout: seconds },
  async (_, from, to) => {
    const mom = await momWithSwap("{ size: 1MiB }", { pageSize: from });
    await mom.provision({ yes: true });
    mom.write(".sim/settings/page-size", `${to}\n`);
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("write a new header into the swap file /media/btsync/swapfile");
    expect(run.out).not.toContain("make the swap file");
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
    expect((await mom.rollback()).code).toBe(0);
  },
);

test("our own swap file whose header is lost gets a new one", { timeout: seconds }, async () => {
  const mom = await momWithSwap("{ size: 1MiB }");
  await mom.provision({ yes: true });
  writeFileSync(join(mom.pi.root, "media/btsync/swapfile"), new Uint8Array(1_048_576));
  const run = await mom.provision({ yes: true });
  expect(run).toMatchObject({ code: 0, err: "" });
  expect(run.out).toContain("its header is lost");
  expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
  expect(mom.read("media/btsync/swapfile")).toContain("SWAPSPACE2");
});

test(
  "a swap file of another size gives way to the new one, and a rollback makes one of its size",
  { timeout: seconds },
  async () => {
    const mom = await momWithSwap("{ size: 2MiB }");
    await mom.provision({ yes: true });
    mom.inventory("{ size: 1MiB }");
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(statSync(join(mom.pi.root, "media/btsync/swapfile")).size).toBe(1_048_576);
    expect((await mom.rollback()).code).toBe(0);
    expect(statSync(join(mom.pi.root, "media/btsync/swapfile")).size).toBe(2 * 1_048_576);
  },
);

describe("the kernel's memory controller", { timeout: seconds }, () => {
  test("lets the engine wait where it is off and the inventory makes the swap a gate", async () => {
    const mom = await momWithSwap("{ size: 1MiB, require: true }", { memory: small });
    const run = await mom.provision({ yes: true });
    expect(run.code).toBe(0);
    expect(run.out).toContain("the engine waits for it, as swap: { require: true } says");
    expect(run.out).not.toContain("start syncthing@pi.service");
    const dropIn = "etc/systemd/system/syncthing@pi.service.d/60-pimesh-swap-gate.conf";
    expect(mom.read(dropIn)).toContain("Requires=pimesh-swap.service");
    expect((await mom.provision({ dryRun: true })).code).toBe(0);
  });

  test("is offered, changed only when that is allowed, and waits for a reboot; rollback undoes it byte for byte", async () => {
    const mom = await momWithSwap("{ size: 1MiB }", { memory: small });
    await mom.remember(297_481);
    const offer = await mom.provision({ yes: true });
    expect(offer.out).toContain("pimesh provision mom --accept-boot-change");
    const before = mom.contents();
    const old = mom.read(cmdline);

    const run = await mom.provision({ yes: true, acceptBootChange: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("add cgroup_enable=memory to /boot/firmware/cmdline.txt");
    expect(run.out).toContain("ssh mom sudo reboot");
    expect(mom.read(cmdline)).toBe(old.replace("\n", " cgroup_enable=memory\n"));
    expect(mom.read(`${cmdline}.pimesh-backup`)).toBe(old);

    const again = await mom.provision({ dryRun: true, acceptBootChange: true });
    expect(again.out).toContain("switches the memory controller on at the next boot: a reboot is needed");
    expect(again.code).toBe(0);

    expect((await mom.rollback()).code).toBe(0);
    expect(mom.read(cmdline)).toBe(old);
    expect(mom.contents()).toEqual(before);
  });

  test.each([
    ["is not one line", "root=PARTUUID=8a676486-02\nrootwait\n", undefined],
    ["is mounted read-only", undefined, "ro"],
  ])("is refused with exit 5 when the boot file %s", async (words, text, mode) => {
    const mom = await momWithSwap("{ size: 1MiB }", { memory: small });
    await mom.remember(297_481);
    await mom.provision({ yes: true });
    if (text !== undefined) mom.write(cmdline, text);
    if (mode !== undefined) {
      mom.write("proc/self/mounts", mom.read("proc/self/mounts").replace("vfat rw", "vfat ro"));
    }
    const before = mom.contents();
    const run = await mom.provision({ yes: true, acceptBootChange: true });
    expect(run.err).toContain(words);
    expect(run.err).toContain("(E-BOOT-FILE)");
    expect(run.code).toBe(5);
    expect(mom.contents()).toEqual(before);
    expect((await mom.provision({ dryRun: true })).out).toContain("pimesh cannot switch it on");
  });

  test("is left alone where the engine fits into memory", async () => {
    const mom = await momWithSwap("{ size: 1MiB }");
    await mom.remember(1000);
    const old = mom.read(cmdline);
    const run = await mom.provision({ yes: true, acceptBootChange: true });
    expect(run.out).toContain("the engine fits into memory");
    expect(mom.read(cmdline)).toBe(old);
  });
});

describe("swap that others have put on the disk", { timeout: seconds }, () => {
  const dphys = "# this file is sourced\nCONF_SWAPSIZE=4096\nCONF_SWAPFILE=/media/btsync/swap.dphys\n";
  const unit =
    "[Unit]\nDescription=dphys\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

  test("goes off, stays off, and its file stays; all comes back by rollback", async () => {
    const mom = await momWithSwap("{ size: 1MiB }", {
      system: "raspberry-pi-os-bookworm",
      disks: [{ ...familyDisk, mounted: { at: "/media/btsync" }, files: { "swap.dphys": swapFile } }],
      units: { "dphys-swapfile.service": unit },
      enabled: ["dphys-swapfile.service"],
      files: {
        "etc/dphys-swapfile": dphys,
        "proc/swaps": `${header}/media/btsync/swap.dphys                 file\t\t2097148\t\t800\t\t-2\n`,
      },
    });
    const before = mom.contents();
    const run = await mom.provision({ yes: true });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("switch off the swap /media/btsync/swap.dphys (2.0 GiB, 800 KiB in use)");
    expect(run.out).toContain("disable dphys-swapfile.service");
    expect(run.out).toContain("the old swap file /media/btsync/swap.dphys stays on the disk");
    expect(mom.read("etc/dphys-swapfile")).toContain(
      "\n# pimesh keeps the data disk's swap itself: CONF_SWAPFILE=",
    );
    expect(mom.read("proc/swaps")).not.toContain("dphys");
    expect(mom.read("media/btsync/swap.dphys")).toContain("SWAPSPACE2");
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
    expect((await mom.rollback()).code).toBe(0);
    expect(mom.contents()).toEqual(before);
  });

  test("is refused to go off while memory could not take it back", async () => {
    const mom = await momWithSwap("{ size: 1MiB }", {
      disks: [{ ...familyDisk, mounted: { at: "/media/btsync" }, files: { other: "pages" } }],
      memory: { total: 442_000, available: 100_000 },
      files: {
        "proc/swaps": `${header}/media/btsync/other                 file\t\t2097148\t\t200000\t\t5\n`,
      },
    });
    const before = mom.contents();
    const run = await mom.provision({ yes: true });
    expect(run.err).toContain("holds 200000 KiB of memory and only 100000 KiB are available");
    expect(run.err).toContain("nothing was changed");
    expect(mom.contents()).toEqual(before);
  });

  test("by dphys-swapfile on the SD card is the system's own and stays", async () => {
    const mom = await momWithSwap("{ size: 1MiB }", {
      units: { "dphys-swapfile.service": unit },
      enabled: ["dphys-swapfile.service"],
      files: { "etc/dphys-swapfile": "CONF_SWAPSIZE=512\n" },
    });
    const run = await mom.provision({ dryRun: true });
    expect(run.out).not.toContain("dphys");
  });

  test("by rpi-swap is sent back to its usual place", async () => {
    const mom = await momWithSwap("{ size: 1MiB }", {
      files: {
        "usr/lib/systemd/system-generators/rpi-swap-generator": "#!/bin/sh\n",
        "etc/rpi/swap.conf": "[Main]\n#Mechanism=auto\n",
        "etc/rpi/swap.conf.d/80-big.conf": "[File]\nPath=/media/btsync/big\n",
      },
    });
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain("create /etc/rpi/swap.conf.d/zz-pimesh.conf");
    expect(run.out).toContain(
      "(rpi-swap, auto) uses /media/btsync/big, on the data disk, until the next reboot",
    );
    expect(mom.read("etc/rpi/swap.conf.d/zz-pimesh.conf")).toContain("[File]\nPath=/var/swap\n");
    expect((await mom.provision({ dryRun: true })).code).toBe(0);
  });
});

test(
  "a disk that is mounted without nosuid and nodev gets them, and rollback takes them away",
  { timeout: seconds },
  async () => {
    const mom = await momWithSwap("false", {
      disks: [{ ...familyDisk, mounted: { at: "/media/btsync", options: "rw,relatime" } }],
    });
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain("remount /media/btsync with nosuid and nodev");
    expect(mom.read("proc/self/mounts")).toMatch(/\/media\/btsync ext4 rw,nosuid,nodev,relatime /);
    expect((await mom.provision({ dryRun: true })).code).toBe(0);
    await mom.rollback();
    expect(mom.read("proc/self/mounts")).toMatch(/\/media\/btsync ext4 rw,relatime /);
  },
);

test("a line of fstab that names the disk by its id is switched off", { timeout: seconds }, async () => {
  const mom = await momWithSwap("false", {
    fstab: ["/dev/disk/by-id/usb-WD_Elements-part1 /srv/sync ext4 defaults 0 0"],
  });
  mkdirSync(join(mom.pi.root, "dev/disk/by-id"), { recursive: true });
  symlinkSync("../../sda1", join(mom.pi.root, "dev/disk/by-id/usb-WD_Elements-part1"));
  expect((await mom.provision({ dryRun: true })).out).toContain(
    "+# pimesh mounts this disk itself: /dev/disk/by-id/usb-WD_Elements-part1",
  );
});

test("LibreELEC's udevil leaves the disk alone", { timeout: seconds }, async () => {
  const mom = await momWithSwap("false", {
    system: "libreelec",
    files: { "usr/bin/udevil": "" },
  });
  const run = await mom.provision({ dryRun: true });
  expect(run.out).toContain("create /storage/.config/system.d/udevil-mount@.service.d/50-pimesh.conf");
  expect(run.out).toContain(`/dev/disk/by-uuid/${familyDisk.uuid}`);
});

test("dead swap areas of a pulled disk are told and stop nothing", { timeout: seconds }, async () => {
  const mom = await momWithSwap("{ size: 1MiB }", {
    files: {
      "proc/swaps": `${header}/swapfile                               file\t\t1020\t\t0\t\t10\n/swapfile                               file\t\t1020\t\t0\t\t11\n`,
    },
  });
  const run = await mom.provision({ yes: true });
  expect(run.out).toContain("2 dead swap areas of a pulled disk stay until the next reboot");
  expect(run.out).toContain("ssh mom sudo reboot");
  expect(run.code).toBe(0);
  expect((await mom.status()).out).toContain("2 dead swap areas of a pulled disk stay until it is rebooted");
});
