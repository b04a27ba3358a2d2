import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { requires } from "../../support/requires.ts";
import { endEngine, engineCalls, enginePids, sysvinitEngine } from "../../support/sysvinit-engine.ts";
import { conf, mounts, nodeRoot, shells, uuid, type NodeRoot, type Ran, type Shell } from "./node-root.ts";

const script = "usr/local/lib/pimesh/pimesh-disk";
const [dash] = shells;
const rightMount = "/dev/sda1 /media/btsync ext4 rw,nosuid,nodev,noatime,errors=remount-ro 0 0";

describe.runIf(requires("flock", "setsid", "perl", "dash"))("pimesh-disk", { timeout: 30_000 }, () => {
  describe.each(shells.filter((shell) => shell.there))("in $name", (shell) => {
    test("a plug leaves a helper of its own, which checks and mounts the disk, then swap, then engine", async () => {
      const mom = node(shell);
      mom.standIn(
        "fsck.ext4",
        `echo "fsck $*" >>"$PIMESH_ROOT/calls"; while [ -e "$PIMESH_ROOT/slow" ]; do sleep 0.1; done`,
      );
      mom.write("slow", "");
      expect(mom.call("plugged")).toEqual({ code: 0, stdout: "", stderr: "" });
      // udev has its answer, and the helper is still at work
      await vi.waitFor(() => expect(mom.calls()).toEqual(["fsck -p /dev/sda1"]), soon);
      const [helper] = helpersOf(mom);
      expect(helper).toMatchObject({ parent: 1, open: [] });
      expect(helper?.session).toBe(helper?.pid);
      mom.remove("slow");
      await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
      expect(mom.calls()).toEqual([
        "fsck -p /dev/sda1",
        "mount -t ext4 -o noatime,nosuid,nodev,errors=remount-ro /dev/sda1 /media/btsync",
        "swap on",
      ]);
      await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
      for (const line of mom.log()) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S/);
      expect(mom.log().join("\n")).toContain("the engine runs (syncthing)");
    });

    test("a pull stops the engine, suspended or not, then swap, then the mount, for good where it is busy", async () => {
      const mom = running(shell);
      mom.call("suspend");
      await comesTo(mom, "T");
      mom.standIn(
        "umount",
        `echo "umount $*" >>"$PIMESH_ROOT/calls"; case $1 in -l) ;; *) echo busy >&2; exit 32 ;; esac; : >"$PIMESH_ROOT/proc/self/mounts"`,
      );
      mom.unplug();
      mom.call("pulled");
      await vi.waitFor(() => expect(mom.calls()).toContain("umount -l /media/btsync"), soon);
      expect(enginePids(mom.path)).toEqual([]);
      expect(mom.calls()).toEqual(["swap off", "umount /media/btsync", "umount -l /media/btsync"]);
      expect(engineCalls(mom.path)).toEqual(["start", "stop"]);
    });
  });

  test("before the boot has come to our init script, a plug does nothing", () => {
    const mom = node(dash);
    mom.remove("run/pimesh/watching");
    expect(mom.call("plugged").code).toBe(0);
    expect(helpersOf(mom)).toEqual([]);
    expect(existsSync(join(mom.path, "var/log/pimesh.log"))).toBe(false);
  });

  test("at boot a disk that is there already is brought up", async () => {
    const mom = node(dash);
    mom.remove("run/pimesh/watching");
    expect(mom.call("boot").code).toBe(0);
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
  });

  test("at boot without the disk nothing waits, and the next plug counts", async () => {
    const mom = node(dash);
    mom.unplug();
    mom.call("boot");
    await vi.waitFor(() => expect(mom.log().at(-1)).toContain("swap off"), soon);
    await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
    mom.write("dev/sda1", "");
    mom.link(`dev/disk/by-uuid/${uuid}`, "../../sda1");
    mom.call("plugged");
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
  });

  test("of several events at once one helper works, one waits, and the engine is started once", async () => {
    const mom = node(dash);
    mom.write("slow", "");
    mom.standIn(
      "fsck.ext4",
      `echo fsck >>"$PIMESH_ROOT/calls"; while [ -e "$PIMESH_ROOT/slow" ]; do sleep 0.1; done`,
    );
    for (let count = 0; count < 5; count += 1) mom.call("plugged");
    await vi.waitFor(() => expect(mom.calls()).toEqual(["fsck"]), soon);
    await vi.waitFor(() => expect(helpersOf(mom).length).toBeLessThanOrEqual(2), soon);
    mom.remove("slow");
    await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
    expect(mom.calls().filter((line) => line.startsWith("mount"))).toHaveLength(1);
    expect(engineCalls(mom.path)).toEqual(["start"]);
    expect(enginePids(mom.path)).toHaveLength(1);
  });

  test.each([0, 1, 2])(
    "after fsck has answered %i, the disk is mounted and the engine started",
    async (code) => {
      const mom = node(dash);
      mom.standIn("fsck.ext4", `exit ${code}`);
      mom.call("plugged");
      await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
    },
  );

  test.each([4, 8, 12])(
    "after fsck has answered %i, neither happens, and status can say why",
    async (code) => {
      const mom = node(dash);
      mom.standIn("fsck.ext4", `echo "UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY."; exit ${code}`);
      mom.call("plugged");
      await vi.waitFor(() => expect(mom.log().length).toBeGreaterThan(1), soon);
      await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
      expect(mom.calls()).toEqual([]);
      expect(engineCalls(mom.path)).toEqual([]);
      expect(mom.read("run/pimesh/disk-held")).toContain(
        `errors are left on the disk (fsck answers ${code})`,
      );
    },
  );

  test("what is not there cannot check the disk, so it is not mounted", async () => {
    const mom = node(dash);
    mom.standIn("fsck.ext4", "exit 127");
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("errors are left"), soon);
    expect(mom.calls().some((line) => line.startsWith("mount"))).toBe(false);
  });

  test("a disk that somebody else has mounted at its place is used as it is", async () => {
    const mom = node(dash);
    mounts(mom, rightMount);
    mom.call("plugged");
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
    expect(mom.calls()).toEqual(["swap on"]);
  });

  test("it waits, in steps, until the right disk is mounted, and gives up in the end", async () => {
    const mom = node(dash, { WAIT: "4" });
    mom.standIn("mount", "echo no >&2; exit 32");
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("waiting: not-mounted"), soon);
    mounts(mom, rightMount);
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);

    const grandma = node(dash, { WAIT: "2" });
    grandma.standIn("mount", "echo no >&2; exit 32");
    grandma.call("plugged");
    await vi.waitFor(() => expect(grandma.log().join("\n")).toContain("given up after 2 s"), soon);
    // Its notes follow the line in the log
    const why = "the engine is not started: not-mounted";
    await vi.waitFor(() => expect(grandma.read("run/pimesh/engine-held")).toContain(why), soon);
    expect(grandma.read("run/pimesh/disk-held")).toContain("not-mounted");
    expect(engineCalls(grandma.path)).toEqual([]);
  });

  test("another disk in its place is left alone, and no engine starts on it", async () => {
    const mom = node(dash, { WAIT: "2" });
    mounts(mom, rightMount.replace("sda1", "sdb1"));
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("given up"), soon);
    const why = "wrong: /dev/sdb1 is mounted";
    await vi.waitFor(() => expect(mom.read("run/pimesh/disk-held")).toContain(why), soon);
    expect(mom.calls()).toEqual([]);
    expect(engineCalls(mom.path)).toEqual([]);
    mom.unplug();
    mom.call("pulled");
    await vi.waitFor(() => expect(mom.calls()).toContain("swap off"), soon);
    await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
    expect(mom.calls()).toEqual(["swap off"]);
  });

  test("a disk with another node's identity is mounted, and no engine starts on it", async () => {
    const mom = node(dash, { WAIT: "2" });
    mom.write("media/btsync/.pimesh/identity", `uuid=${uuid}\nnode=grandma\n`);
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("given up"), soon);
    expect(engineCalls(mom.path)).toEqual([]);
  });

  test("a disk that an automounter has elsewhere is said to be there, and not mounted twice", async () => {
    const mom = node(dash, { WAIT: "2" });
    mounts(mom, "/dev/sda1 /media/usb\\0400 ext4 rw 0 0");
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("given up"), soon);
    expect(mom.log().join("\n")).toContain("the disk is mounted at /media/usb 0 by somebody else");
    expect(mom.calls()).toEqual([]);
  });

  test("a mount that a quick pull and plug has left dead is taken away first", async () => {
    const mom = node(dash);
    mounts(mom, rightMount);
    mom.remove("dev/sda1");
    mom.link(`dev/disk/by-uuid/${uuid}`, "../../sdb1");
    mom.call("plugged");
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
    expect(mom.calls().slice(0, 2)).toEqual(["swap off", "umount /media/btsync"]);
    expect(mom.read("proc/self/mounts")).toContain("/dev/sdb1 /media/btsync ext4");
  });

  test("a disk that is pulled while it is waited for ends the waiting", async () => {
    const mom = node(dash);
    mom.standIn("mount", "echo no >&2; exit 32");
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("waiting: not-mounted"), soon);
    mom.unplug();
    mom.call("pulled");
    await vi.waitFor(() => expect(helpersOf(mom)).toEqual([]), soon);
    expect(mom.log().join("\n")).toContain("the disk is not there");
  });

  describe("the engine and its swap", () => {
    test("it starts when more than the threshold is active, all areas together", () => {
      const mom = mounted(dash, { SWAP_THRESHOLD: "500000" });
      mom.write("media/btsync/swapfile", "");
      mom.write("dev/zram0", "");
      mom.write("proc/swaps", table(own(400_000), "/dev/zram0 partition 100001 0 100"));
      expect(mom.call("start")).toMatchObject({ code: 0 });
      expect(enginePids(mom.path)).toHaveLength(1);
    });

    test.each([
      ["too little", (mom: NodeRoot) => mom.write("proc/swaps", table(own(500_000)))],
      ["none", (mom: NodeRoot) => mom.write("proc/swaps", table())],
      [
        "an area of a pulled disk",
        (mom: NodeRoot) => mom.write("proc/swaps", table("/swapfile\\040(deleted) file 900000 0 10")),
      ],
      [
        "an area whose file is gone",
        (mom: NodeRoot) => mom.write("proc/swaps", table("/gone file 900000 0 10")),
      ],
    ])("with %s it does not start, and the log has the swap table", (_, given) => {
      const mom = mounted(dash, { SWAP_THRESHOLD: "500000" });
      mom.write("media/btsync/swapfile", "");
      given(mom);
      const { code, stdout } = mom.call("start");
      expect(code).toBe(3);
      expect(stdout).toMatch(
        /^the engine is not started: \d+ KiB of swap are active, it waits for more than 500000 KiB\n$/,
      );
      expect(mom.log().join("\n")).toContain("Filename");
      expect(mom.read("run/pimesh/engine-held")).toBe(stdout);
      expect(engineCalls(mom.path)).toEqual([]);
    });

    test("without a threshold it does not wait", () => {
      const mom = mounted(dash);
      expect(mom.call("start")).toMatchObject({ code: 0 });
      expect(enginePids(mom.path)).toHaveLength(1);
    });

    test("it does not start without the right disk, whoever asks", () => {
      const mom = node(dash);
      expect(mom.call("start")).toMatchObject({
        code: 1,
        stdout: "the engine is not started: not-mounted: nothing is mounted at /media/btsync\n",
      });
      expect(engineCalls(mom.path)).toEqual([]);
    });

    test("it hears TERM, also when whoever started it did not, and holds no lock of ours", () => {
      const mom = mounted(dash);
      const ran = spawnSync(
        "sh",
        ["-c", `trap '' HUP INT TERM PIPE; exec sh "$0" start`, join(mom.path, script)],
        {
          env: environmentOf(mom),
        },
      );
      expect(ran.status).toBe(0);
      const [pid] = enginePids(mom.path);
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      // HUP, PIPE and TERM, by their bits; INT and QUIT are ignored by what any shell starts with &
      expect(Number(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1]}`) & 0x5001).toBe(0);
      expect(execFileSync("sh", ["-c", `ls -l /proc/${pid}/fd`], { encoding: "utf8" })).not.toContain(
        ".lock",
      );
    });

    test("one that does not end by itself is killed", () => {
      const mom = mounted(dash, { GRACE: "1" });
      mom.write(
        "etc/init.d/syncthing",
        mom.read("etc/init.d/syncthing").replace("case $1 in", "trap '' TERM\ncase $1 in"),
        0o755,
      );
      mom.call("start");
      expect(mom.call("stop")).toMatchObject({ code: 0 });
      expect(enginePids(mom.path)).toEqual([]);
      expect(mom.log().at(-1)).toContain("the engine is stopped (KILL)");
    });

    test("suspend and resume reach every process of it, and say when there is none", async () => {
      const mom = mounted(dash);
      expect(mom.call("suspend")).toMatchObject({ code: 1, stdout: "the engine does not run\n" });
      mom.call("start");
      expect(mom.call("suspend").code).toBe(0);
      await comesTo(mom, "T");
      expect(mom.call("status")).toMatchObject({ code: 3 });
      expect(mom.call("status").stdout).toContain("the engine is suspended");
      expect(mom.call("resume").code).toBe(0);
      await comesTo(mom, "S");
      expect(mom.call("status").code).toBe(0);
      mom.call("suspend");
      expect(mom.call("stop").code).toBe(0);
      expect(enginePids(mom.path)).toEqual([]);
    });
  });

  test("dphys-swapfile is switched off where its file lies on the disk, and left alone elsewhere", async () => {
    for (const [place, calls] of [
      ["/media/btsync/old", ["dphys swapoff", "swap on"]],
      ["/var/swap", ["swap on"]],
    ] as const) {
      const mom = node(dash);
      mounts(mom, rightMount);
      mom.standIn("dphys-swapfile", `echo "dphys $*" >>"$PIMESH_ROOT/calls"`);
      mom.write("etc/dphys-swapfile", `CONF_SWAPSIZE=4096\nCONF_SWAPFILE="${place}"\n`);
      mom.call("plugged");
      await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
      expect(mom.calls()).toEqual(calls);
    }
  });

  test("a shutdown gives everything up, and no plug counts after it", async () => {
    const mom = running(dash);
    expect(mom.call("shutdown").code).toBe(0);
    expect(enginePids(mom.path)).toEqual([]);
    expect(mom.calls()).toEqual(["swap off", "umount /media/btsync"]);
    mom.call("plugged");
    expect(helpersOf(mom)).toEqual([]);
  });

  test("a shutdown ends a helper that waits for the disk", async () => {
    const mom = node(dash);
    mom.standIn("mount", "echo no >&2; exit 32");
    mom.call("plugged");
    await vi.waitFor(() => expect(mom.log().join("\n")).toContain("waiting: not-mounted"), soon);
    expect(mom.call("shutdown").code).toBe(0);
    expect(helpersOf(mom)).toEqual([]);
  });

  test("eject refuses where the swap does not fit into memory, and leaves the disk mounted", () => {
    const mom = running(dash);
    mom.write(
      "usr/local/lib/pimesh/swap",
      "#!/bin/sh\necho 'swap stays on: it does not fit'\nexit 1\n",
      0o755,
    );
    expect(mom.call("eject")).toMatchObject({ code: 1, stdout: "swap stays on: it does not fit\n" });
    expect(mom.calls()).toEqual([]);
  });

  test("eject stops the engine and unmounts; the next plug brings all back", async () => {
    const mom = running(dash);
    expect(mom.call("eject").code).toBe(0);
    expect(enginePids(mom.path)).toEqual([]);
    expect(mom.calls()).toEqual(["swap off", "umount /media/btsync"]);
    mom.call("plugged");
    await vi.waitFor(() => expect(enginePids(mom.path)).toHaveLength(1), soon);
  });

  test("the log keeps one older file and no more", () => {
    const mom = running(dash);
    mom.write("var/log/pimesh.log", "x".repeat(262_145));
    mom.write("var/log/pimesh.log.1", "older");
    mom.call("suspend");
    expect(mom.read("var/log/pimesh.log.1")).toHaveLength(262_145);
    expect(mom.log()).toHaveLength(1);
  });
});

const table = (...lines: string[]): string =>
  ["Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority", ...lines, ""].join("\n");
const own = (kib: number): string => `/media/btsync/swapfile file ${kib} 0 10`;

const soon = { timeout: 15_000, interval: 50 };

interface Node extends NodeRoot {
  call(...words: string[]): Ran;
  /** What the stand-ins of root's tools were told, in order; paths as on the node. */
  calls(): string[];
  log(): string[];
  unplug(): void;
}

/** A provisioned node with its disk plugged and not mounted, after the boot. */
function node(shell: Shell, changes: Readonly<Record<string, string>> = {}): Node {
  const root = nodeRoot();
  const lines = (path: string): string[] =>
    existsSync(join(root.path, path)) ? root.read(path).trimEnd().split("\n") : [];
  const mom: Node = {
    ...root,
    call: (...words) => root.run(shell, script, ...words),
    calls: () => lines("calls").map((line) => line.replaceAll(root.path, "")),
    log: () => lines("var/log/pimesh.log"),
    unplug() {
      root.remove(`dev/disk/by-uuid/${uuid}`);
      root.remove("dev/sda1");
    },
  };
  conf(root, {
    ENGINE_UNIT: "",
    INIT: "sysvinit",
    ENGINE_INIT: "syncthing",
    ENGINE_PROCESSES: "syncthing",
    SWAP_THRESHOLD: "0",
    ...changes,
  });
  for (const path of ["dev/sda1", "dev/sdb1", "run/pimesh/watching"]) root.write(path, "");
  root.link(`dev/disk/by-uuid/${uuid}`, "../../sda1");
  root.write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
  root.write("var/log/README", "");
  mounts(root);
  root.write("media/btsync/.pimesh/identity", `uuid=${uuid}\nnode=mom\n`);
  for (const [path, { content, mode }] of Object.entries(sysvinitEngine())) root.write(path, content, mode);
  root.write(
    "usr/local/lib/pimesh/swap",
    `#!/bin/sh\n[ "$1" = status ] || echo "swap $1" | tee -a "$PIMESH_ROOT/calls"\n`,
    0o755,
  );
  root.standIn(
    "service",
    `exec env -i PATH="$PATH" PIMESH_ROOT="$PIMESH_ROOT" "$PIMESH_ROOT/etc/init.d/$1" "$2"`,
  );
  root.standIn("fsck.ext4", `echo "fsck $*" >>"$PIMESH_ROOT/calls"`);
  root.standIn(
    "mount",
    `echo "mount $*" >>"$PIMESH_ROOT/calls"
echo "\${5#"$PIMESH_ROOT"} \${6#"$PIMESH_ROOT"} $2 rw,$4 0 0" >>"$PIMESH_ROOT/proc/self/mounts"`,
  );
  root.standIn(
    "umount",
    `echo "umount $*" >>"$PIMESH_ROOT/calls"
kept=$(grep -v " \${1#"$PIMESH_ROOT"} " "$PIMESH_ROOT/proc/self/mounts")
printf '%s\\n' "$kept" >"$PIMESH_ROOT/proc/self/mounts"`,
  );
  onTestFinished(() => {
    root.remove("run/pimesh/watching");
    root.remove("slow");
    // Its log comes before its end: one that still works would write into the folder while that is removed
    for (const { session } of helpersOf(mom)) endSession(session);
    endEngine(root.path);
  });
  return mom;
}

/** With the right disk mounted. */
function mounted(shell: Shell, changes: Readonly<Record<string, string>> = {}): Node {
  const mom = node(shell, changes);
  mounts(mom, rightMount);
  return mom;
}

/** With the right disk mounted and the engine running. */
function running(shell: Shell): Node {
  const mom = mounted(shell);
  expect(mom.call("start").code).toBe(0);
  mom.remove("calls");
  return mom;
}

interface Helper {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** What it has open beside its standard descriptors and its locks. */
  readonly open: readonly string[];
}

/** Processes of pimesh-disk on this node that work on after it has answered; subshells of one count as one. */
function helpersOf(mom: NodeRoot): Helper[] {
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,sid=,args="], { encoding: "utf8" });
  return text
    .split("\n")
    .filter((line) => line.includes(join(mom.path, script)) && line.includes(" settle "))
    .map((line) => line.trim().split(/\s+/).slice(0, 3).map(Number))
    .filter(([pid, , session]) => pid === session)
    .map(([pid = 0, parent = 0, session = 0]) => ({ pid, parent, session, open: openFiles(pid) }));
}

function endSession(session: number): void {
  try {
    process.kill(-session, "SIGKILL");
  } catch {
    // It has ended meanwhile
  }
}

function openFiles(pid: number): string[] {
  const list = spawnSync("ls", ["-l", `/proc/${pid}/fd`], { encoding: "utf8" }).stdout;
  return list
    .split("\n")
    .map((line) => line.split(" -> ")[1] ?? "")
    .filter((target) => target !== "" && target !== "/dev/null" && !target.endsWith(".lock"))
    .filter((target) => !target.endsWith(script) && !target.startsWith("pipe:"));
}

/** A signal is sent at once, and heard when the process has its turn. */
async function comesTo(mom: NodeRoot, state: string): Promise<void> {
  await vi.waitFor(() => expect(stateOf(mom)).toBe(state), { timeout: 10_000 });
}

function stateOf(mom: NodeRoot): string | undefined {
  const [pid] = enginePids(mom.path);
  return /^State:\s*(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

function environmentOf(mom: NodeRoot): Record<string, string> {
  return {
    PIMESH_ROOT: mom.path,
    PATH: `${join(mom.path, "stand-ins")}:${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
  };
}
