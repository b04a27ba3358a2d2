import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { provision } from "../../src/commands/provision.ts";
import type { ProvisionOptions } from "../../src/commands/provision-options.ts";
import { rollback } from "../../src/commands/rollback.ts";
import { PimeshError } from "../../src/core/error.ts";
import type { PiOptions } from "../../src/demo/pi-options.ts";
import { asRoot, plug, pull, type Pi } from "../../src/demo/pi.ts";
import { writeSnapshot } from "../../src/history/snapshot.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { counts, healthy } from "../report/measurements.ts";
import { temporaryFolder } from "../support/folder.ts";
import { piConnection } from "../support/pi-connection.ts";
import { familyDisk, simulatedPi } from "../support/simulated-pi.ts";
import { testContext } from "../support/test-context.ts";

const seconds = 120_000;

describe("provision", { timeout: seconds }, () => {
  test("sets a plain Pi up, has nothing to do the second time, and is undone by rollback byte for byte", async () => {
    const mom = await family();
    const before = contents(mom.pi);

    const first = await mom.provision({ yes: true });
    expect(first).toMatchObject({ code: 0, error: undefined });
    expect(mountsOf(mom.pi)).toContain("/dev/sda1 /media/btsync ext4 rw");
    expect(read(mom.pi, "media/btsync/.pimesh/identity")).toContain(`uuid=${familyDisk.uuid}\nnode=mom\n`);
    expect(read(mom.pi, "media/btsync/btsync/.stignore")).toContain("\n.DS_Store\n");
    expect(read(mom.pi, "media/btsync/btsync/config_raspi/mom/README.txt")).toContain("To replace the Pi");

    const second = await mom.provision({ yes: true });
    expect(second.out).toContain("nothing to do");
    expect(second.code).toBe(0);
    expect((await mom.provision({ dryRun: true })).code).toBe(0);

    const undone = await mom.rollback();
    expect(undone).toMatchObject({ code: 0, error: undefined });
    expect(contents(mom.pi)).toEqual(before);
  });

  test("shows everything and changes nothing in a dry run, and says by exit 1 that it would", async () => {
    const mom = await family();
    const before = contents(mom.pi);
    const run = await mom.provision({ dryRun: true });
    expect(run.code).toBe(1);
    expect(run.out).toContain("create /etc/udev/rules.d/992-pimesh-disk.rules");
    expect(run.out).toContain("+uuid=2f6c1c8e-0000-4000-8000-000000000001");
    expect(contents(mom.pi)).toEqual(before);
  });

  test("asks before it changes anything; off a terminal it names the flag", async () => {
    const mom = await family();
    expect(await mom.provision({})).toMatchObject({ code: 2, error: { code: "E-NEEDS-TTY" } });
    const no = await mom.provision({}, { answer: false });
    expect(no.code).toBe(1);
    expect(mountsOf(mom.pi)).not.toContain("/media/btsync");
  });

  test("touches only the parts that are asked for", async () => {
    const mom = await family();
    expect((await mom.provision({ yes: true, only: ["udev"] })).code).toBe(0);
    expect(read(mom.pi, "etc/udev/rules.d/992-pimesh-disk.rules")).toContain(familyDisk.uuid);
    expect(mountsOf(mom.pi)).not.toContain("/media/btsync");
    expect(await mom.provision({ only: ["udve"] })).toMatchObject({
      code: 2,
      error: { message: "--only udve: there is no such part (did you mean udev?)" },
    });
  });

  test("refuses a part that lies on a disk which nobody mounts", async () => {
    const run = await (await family()).provision({ dryRun: true, only: ["config"] });
    expect(run.err).toContain("--only leaves out the mounting (E-DISK-NOT-MOUNTED)");
    expect(run.code).toBe(5);
  });

  test("makes the folders and scripts that a part cannot stand without", async () => {
    const mom = await family();
    expect((await mom.provision({ yes: true, only: ["mount", "swap", "config"] })).code).toBe(0);
    expect(read(mom.pi, "usr/local/lib/pimesh/swap")).toContain("swapon");
    expect((await mom.provision({ dryRun: true, only: ["swap", "config"] })).code).toBe(0);
  });

  test("keeps the guard of an engine that the inventory has given up", async () => {
    const mom = await family({
      units: { "resilio-sync.service": "[Service]\nUser=pi\nExecStart=/usr/bin/rslsync --config /x.json\n" },
    });
    await mom.provision({ yes: true });
    mom.inventory("engine: syncthing", "engine: resilio");
    expect((await mom.provision({ yes: true, acceptIgnoreChange: true })).code).toBe(0);
    expect(read(mom.pi, "etc/systemd/system/syncthing@pi.service.d/50-pimesh.conf")).toContain("disk-guard");
    expect(read(mom.pi, "etc/systemd/system/resilio-sync.service.d/50-pimesh.conf")).toContain("disk-guard");
  });

  test("gives plan and result as one JSON document", async () => {
    const mom = await family();
    const run = await mom.provision({ dryRun: true, json: true });
    expect(JSON.parse(run.out)).toMatchObject({
      schemaVersion: 1,
      nodes: [{ name: "mom", result: "planned", error: null, runs: [] }],
    });
    expect(run.code).toBe(1);
  });

  test("counts the tree in the background, and anew when the ignore list has changed", async () => {
    const mom = await family({
      disks: [{ ...familyDisk, files: { "btsync/a.jpg": "a", "btsync/b.tmp": "b" } }],
    });
    expect((await mom.provision({ yes: true })).out).toContain("count the tree, in the background");
    expect(index(mom.pi)).toMatchObject({ files: 5, tree: "/media/btsync/btsync", uuid: familyDisk.uuid });
    expect(await asRoot(mom.pi, "systemctl", ["is-active", "pimesh-index.timer"])).toBe("active\n");

    mom.inventory("ignore: [.DS_Store]", "ignore: [.DS_Store, '*.tmp']");
    expect((await mom.provision({ yes: true, acceptIgnoreChange: true })).code).toBe(0);
    expect(index(mom.pi)).toMatchObject({ files: 4 });
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");

    // The old rules come back; what was counted by the new ones stays until it is due, and is known for what it is
    const counted = index(mom.pi)["rules"];
    expect((await mom.rollback()).code).toBe(0);
    expect(index(mom.pi)["rules"]).toBe(counted);
    await asRoot(mom.pi, "systemctl", ["start", "pimesh-index.service"]);
    expect(index(mom.pi)).toMatchObject({ files: 5 });
  });

  test("the timer of the index goes and comes with the disk", async () => {
    const mom = await family();
    await mom.provision({ yes: true });
    const timer = (): Promise<string> =>
      asRoot(mom.pi, "systemctl", ["show", "--value", "-p", "ActiveState", "pimesh-index.timer"]);
    await pull(mom.pi, familyDisk.device);
    expect(await timer()).toBe("inactive\n");
    await plug(mom.pi, familyDisk.device);
    expect(await timer()).toBe("active\n");
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
  });

  test("keeps the counts alone where there is no python3", async () => {
    const none = { content: "#!/bin/sh\nexit 127\n", mode: 0o755 };
    const mom = await family({ files: { ".sim/bin/python3": none } });
    await mom.provision({ yes: true });
    expect(index(mom.pi)).toMatchObject({ schemaVersion: 2, files: 3 });
    expect(existsSync(join(mom.pi.root, "media/btsync/.pimesh/index"))).toBe(false);
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
  });

  test("repairs what somebody has changed, and shows the difference", async () => {
    const mom = await family();
    await mom.provision({ yes: true });
    const rule = join(mom.pi.root, "etc/udev/rules.d/992-pimesh-disk.rules");
    const right = readFileSync(rule, "utf8");
    writeFileSync(rule, right.replace('UDISKS_IGNORE}="1"', 'UDISKS_IGNORE}="0"'));
    const run = await mom.provision({ yes: true });
    expect(run.out).toContain('-ENV{ID_FS_LABEL_ENC}=="btsync", ENV{UDISKS_IGNORE}="0"');
    expect(readFileSync(rule, "utf8")).toBe(right);
  });
});

describe("a provision that is cut off", { timeout: seconds * 2 }, () => {
  test.each([
    ["before anything was done", 0],
    ["while a script is written", 10],
    ["while the disk is mounted", 26],
    ["at the very end", 39],
  ])("%s is finished by the next run", async (_, entries) => {
    const mom = await family();
    const cut = await mom.provision({ yes: true }, { connect: cutAfter(entries) });
    expect(cut.code).toBe(4);
    const next = await mom.provision({ yes: true });
    expect(next).toMatchObject({ code: 0, error: undefined });
    expect(next.out.includes("an earlier provision was cut off; this one finishes it")).toBe(entries > 0);
    expect((await mom.provision({ dryRun: true })).out).toContain("nothing to do");
    expect(contents(mom.pi)).toEqual(await undisturbed());
  });
});

describe("a guard refuses and nothing is changed:", { timeout: seconds }, () => {
  const otherUuid = "11111111-2222-4333-8444-555555555555";
  test.each<[string, string, Partial<PiOptions>, string]>([
    ["no disk with the label", "E-DISK-ABSENT", { disks: [] }, "no disk labelled btsync"],
    [
      "two disks with the label",
      "E-DISK-AMBIGUOUS",
      { disks: [familyDisk, { ...familyDisk, device: "/dev/sdb1", uuid: otherUuid }] },
      "/dev/sda1, /dev/sdb1",
    ],
    [
      "a disk that is not the pinned one",
      "E-DISK-WRONG",
      { files: { "etc/pimesh/node.conf": conf(otherUuid) } },
      "is not the pinned one",
    ],
    [
      "the disk of another node",
      "E-DISK-WRONG",
      {
        disks: [{ ...familyDisk, files: { ".pimesh/identity": `uuid=${familyDisk.uuid}\nnode=grandma\n` } }],
      },
      "is the disk of grandma",
    ],
    [
      "a copy of another disk",
      "E-DISK-WRONG",
      { disks: [{ ...familyDisk, files: { ".pimesh/identity": `uuid=${otherUuid}\nnode=mom\n` } }] },
      "a copy of a disk?",
    ],
    ["a read-only disk", "E-DISK-READ-ONLY", { disks: [{ ...familyDisk, readOnly: true }] }, "is read-only"],
    [
      "a disk that is not ext4",
      "E-DISK-NOT-EXT4",
      { disks: [{ ...familyDisk, fstype: "exfat" }] },
      "is exfat, not ext4",
    ],
    [
      "too little room for the swap file",
      "E-DISK-FULL",
      { disks: [{ ...familyDisk, bytes: 3 * 1024 ** 3, used: 2_900_000_000 }] },
      "too little room",
    ],
    [
      "files under the mount point",
      "E-HIDDEN-FILES",
      { hidden: { swapfile: "old", "photos/a.jpg": "a" } },
      "swapfile",
    ],
    [
      "somebody's own file in the place of the swap file",
      "E-NOT-OURS",
      { disks: [{ ...familyDisk, files: { swapfile: "precious" } }] },
      "is no swap file",
    ],
    [
      "a masked unit of ours",
      "E-NOT-OURS",
      { files: { "etc/systemd/system/media-btsync.mount": { link: "/dev/null" } } },
      "is a link",
    ],
    [
      "a link in the place of a folder of ours",
      "E-DISK-WRONG",
      { disks: [{ ...familyDisk, files: { "btsync/config_raspi": { link: "/etc" } } }] },
      "is a symlink",
    ],
  ])("%s", async (_, code, options, words) => {
    const mom = await family(options);
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run.err + (run.error?.message ?? "")).toContain(words);
    expect(run.err).toContain(`(${code})`);
    expect(run.err).toContain("try: ");
    expect(run.code).toBe(5);
    expect(contents(mom.pi)).toEqual(before);
  });

  test("a disk that is still not mounted after the mount step, with what was done before undone", async () => {
    const mom = await family();
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true }, { connect: mountingFails });
    expect(run.err).toContain("still not mounted at /media/btsync");
    expect(run.err).toContain("nothing was changed");
    expect(run.code).toBe(5);
    expect(contents(mom.pi)).toEqual(before);
  });

  test("ignore rules that would drop files which are in the tree, until they are accepted", async () => {
    const mom = await family({
      disks: [{ ...familyDisk, files: { "btsync/photos/.DS_Store": "x", "btsync/a.jpg": "a" } }],
    });
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run.err).toContain('"photos/.DS_Store"');
    expect(run.err).toContain("(E-IGNORE-DROPS)");
    expect(run.code).toBe(5);
    expect(contents(mom.pi)).toEqual(before);
    expect((await mom.provision({ yes: true, acceptIgnoreChange: true })).code).toBe(0);
    // Two parts, one run
    expect((await mom.rollback()).code).toBe(0);
    expect(contents(mom.pi)).toEqual(before);
  });

  test("an engine that would take many missing files for deleted, until that is accepted", async () => {
    const mom = await family({
      units: {
        "syncthing@.service": "[Unit]\nDescription=Syncthing\n[Service]\nExecStart=/usr/bin/syncthing\n",
      },
      disks: [{ ...familyDisk, files: { "btsync/a.jpg": "a" } }],
    });
    await mom.remember({ files: 5000, bytes: 5_000_000_000 });
    const before = contents(mom.pi);
    const run = await mom.provision({ yes: true });
    expect(run.err).toContain("4996 of 5000 files are gone");
    expect(run.code).toBe(5);
    expect(contents(mom.pi)).toEqual(before);
    expect((await mom.provision({ yes: true, acceptMassChange: true })).out).toContain(
      "start syncthing@pi.service",
    );
  });
});

test(
  "files under the mount point are moved aside when asked for, and none is lost",
  { timeout: seconds },
  async () => {
    const mom = await family({ hidden: { swapfile: "old", "photos/a.jpg": "a" } });
    expect((await mom.provision({ yes: true, moveHidden: true })).code).toBe(0);
    const [aside] = execFileSync("sh", ["-c", "ls -d media/pimesh-hidden-*"], {
      cwd: mom.pi.root,
      encoding: "utf8",
    }).split("\n");
    expect(read(mom.pi, `${aside}/swapfile`)).toBe("old");
    expect(read(mom.pi, `${aside}/photos/a.jpg`)).toBe("a");
    expect((await mom.provision({ dryRun: true })).code).toBe(0);
  },
);

test(
  "a line of fstab that names the disk is switched off, and comes back by rollback",
  { timeout: seconds },
  async () => {
    const line = "LABEL=btsync /media/btsync ext4 defaults 0 0";
    const mom = await family({ fstab: [line] });
    expect((await mom.provision({ yes: true })).out).toContain(`-${line}`);
    expect(read(mom.pi, "etc/fstab")).toContain(`# pimesh mounts this disk itself: ${line}`);
    await mom.rollback();
    expect(read(mom.pi, "etc/fstab")).toMatch(new RegExp(`^${line}$`, "m"));
  },
);

test("rollback leaves alone what somebody has changed since, and says so", { timeout: seconds }, async () => {
  const line = "LABEL=btsync /media/btsync ext4 defaults 0 0";
  const mom = await family({ fstab: [line] });
  await mom.provision({ yes: true });
  const edited = `${read(mom.pi, "etc/fstab")}//nas/films /mnt/films cifs guest 0 0\n`;
  writeFileSync(join(mom.pi.root, "etc/fstab"), edited);
  const undone = await mom.rollback();
  expect(undone.out).toContain("/etc/fstab was changed since and stays as it is");
  expect(undone.code).toBe(0);
  expect(read(mom.pi, "etc/fstab")).toBe(edited);
});

test("rollback refuses while the disk is away, before it has undone half", { timeout: seconds }, async () => {
  const mom = await family();
  await mom.provision({ yes: true });
  await pull(mom.pi, familyDisk.device);
  const before = contents(mom.pi);
  expect(await mom.rollback()).toMatchObject({ code: 5, error: { code: "E-DISK-NOT-MOUNTED" } });
  expect(contents(mom.pi)).toEqual(before);
});

test("a swap file on the SD card is reported with the way to move it", { timeout: seconds }, async () => {
  const mom = await family({
    files: {
      "var/swap": "swap",
      "proc/swaps":
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/var/swap                               file\t\t524284\t\t0\t\t-2\n",
    },
  });
  const run = await mom.provision({ dryRun: true });
  expect(run.out).toContain("a swap file on the SD card is in use: /var/swap");
  expect(run.out).toContain("dphys-swapfile swapoff");
});

test("there is nothing to roll back on a node that was never provisioned", { timeout: seconds }, async () => {
  expect(await (await family()).rollback()).toMatchObject({
    code: 3,
    error: { code: "E-NOTHING-TO-ROLL-BACK" },
  });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly error: PimeshError | undefined;
}

type Wrap = (connection: Connection, pi: Pi) => Connection;

/** A laptop, its inventory, and mom's simulated Pi with a plain disk. */
async function family(options: Partial<PiOptions> = {}) {
  const pi = await simulatedPi(options);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "tree"));
  writeFileSync(
    join(folder, "pimesh.yaml"),
    `laptop: { tree: ${join(folder, "tree")} }
defaults: { engine: syncthing, user: pi, folders: [photos, music], swap: { size: 1MiB } }
nodes:
  mom: { address: mom.example.org }
ignore: [.DS_Store]
`,
  );
  const work = async (
    run: (context: ReturnType<typeof testContext>["context"]) => Promise<number>,
    how: { answer?: boolean; connect?: Wrap } = {},
  ): Promise<Run> => {
    const { context, said } = testContext(
      folder,
      async () => (how.connect ?? ((connection) => connection))(piConnection(pi), pi),
      how.answer === undefined ? {} : { answer: how.answer },
    );
    try {
      return { code: await run(context), ...said, error: undefined };
    } catch (error) {
      if (!(error instanceof PimeshError)) throw error;
      return { code: error.exitCode, ...said, error };
    }
  };
  return {
    pi,
    provision: (given: ProvisionOptions, how?: { answer?: boolean; connect?: Wrap }) =>
      work((context) => provision(context, ["mom"], given), how),
    rollback: () => work((context) => rollback(context, "mom", { yes: true })),
    /** Somebody edits the inventory. */
    inventory: (from: string, to: string) => {
      const file = join(folder, "pimesh.yaml");
      writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
    },
    /** What status saw the last time. */
    remember: (held: { files: number; bytes: number }) =>
      writeSnapshot(join(folder, "state"), {
        node: "mom",
        measurement: healthy({ at: Date.now() }),
        counted: { at: Date.now(), counts: counts(held.files, held.bytes) },
      }),
  };
}

/** The node loses its power when the journal has so many entries: the last one is noted and not yet done. */
function cutAfter(entries: number): Wrap {
  const noted = 'fail E-APPLY-FAILED "cannot write to the journal in $state"\n';
  const begun = "begin() {";
  return rewriting((text) =>
    entries === 0
      ? text.replace(begun, () => `${begun} kill -9 $$\n`)
      : text.replace(noted, () => `${noted}  [ "$number" != ${entries} ] || kill -9 $$\n`),
  );
}

/** systemd says no to the mount. */
const mountingFails: Wrap = rewriting((text) =>
  text.replace('$(systemctl start "$1" 2>&1)', '"the device is busy"'),
);

/** A connection whose apply script meets trouble at one place. */
function rewriting(change: (text: string) => string): Wrap {
  return (connection) => ({
    ...connection,
    stream: (script, options) => {
      if (!script.text.includes("undo_run")) return connection.stream(script, options);
      const text = change(script.text);
      if (text === script.text) throw new Error("the apply script has changed: there is no such place in it");
      return connection.stream({ ...script, text }, options);
    },
  });
}

let reference: Promise<string[]> | undefined;

/** What an undisturbed provision leads to. */
async function undisturbed(): Promise<string[]> {
  reference ??= family().then(async (mom) => {
    await mom.provision({ yes: true });
    return contents(mom.pi);
  });
  return reference;
}

/** Every file, folder and link of the Pi with its text, but for our own journal and what the simulation notes. */
function contents(pi: Pi): string[] {
  const script = `find . \\( -path ./.sim -o -path ./var/lib/pimesh -o -path ./run -o -path ./proc \\) -prune -o -printf '%p %y %m %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\)`;
  return (
    execFileSync("sh", ["-c", script], { cwd: pi.root, encoding: "utf8" })
      .split("\n")
      // mkswap gives every swap file a UUID of its own, and an index tells its time
      .map((line) => line.replace(/(swapfile f 600 |\.pimesh\/index\S* f \d+ ).*/, "$1"))
      .filter((line) => !/^\.(\/var\/lib|\/run)? d /.test(line) && !line.includes("./var/lib/pimesh"))
      .toSorted()
  );
}

function read(pi: Pi, path: string): string {
  return readFileSync(join(pi.root, path), "utf8");
}

/** What its timer has counted last. */
function index(pi: Pi): Record<string, unknown> {
  return JSON.parse(read(pi, "media/btsync/.pimesh/index-summary.json")) as Record<string, unknown>;
}

function mountsOf(pi: Pi): string {
  return read(pi, "proc/self/mounts");
}

function conf(uuid: string): string {
  return `PIMESH_VERSION=1\nPIMESH_NODE=mom\nPIMESH_UUID=${uuid}\nPIMESH_MOUNT=/media/btsync\n`;
}
