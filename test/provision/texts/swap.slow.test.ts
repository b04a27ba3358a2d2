import { describe, expect, test } from "vitest";
import { conf, momsNode, mounts, rightMount, shells, uuid, type NodeRoot } from "./node-root.ts";

const script = "usr/local/lib/pimesh/swap";
const file = "media/btsync/swapfile";
const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority";

/** A swap file as apply makes it: full size, the kernel's mark at the end of the first page. */
function swapFile(pageSize: number, bytes = 1_048_576): Uint8Array {
  const content = Buffer.alloc(bytes);
  content.write("SWAPSPACE2", pageSize - 10, "latin1");
  return content;
}

function swaps(root: NodeRoot, ...lines: string[]): void {
  root.write("proc/swaps", [header, ...lines, ""].join("\n"));
}

function area(path: string, used: number, priority: number): string {
  return `${path}                               file\t\t1020\t\t${used}\t\t${priority}`;
}

/** Mom's node with her disk and a sound swap file that is off; isolation is proven unless a test says otherwise. */
function nodeWithSwap(): NodeRoot {
  const root = momsNode();
  root.write(file, swapFile(4096), 0o600);
  swaps(root);
  root.write("proc/meminfo", "MemTotal: 442000 kB\nMemAvailable: 200000 kB\n");
  root.write("page-size", "4096");
  root.write("owner", "0");
  root.standIn("getconf", 'cat "$PIMESH_ROOT/page-size"');
  root.standIn(
    "ls",
    'owner=$(cat "$PIMESH_ROOT/owner"); export owner; /bin/ls "$@" | awk \'{ $3 = ENVIRON["owner"]; print }\'',
  );
  root.standIn(
    "swapon",
    'echo "swapon $*" >>"$PIMESH_ROOT/calls"\n' +
      'if [ -e "$PIMESH_ROOT/swapon-fails" ]; then cat "$PIMESH_ROOT/swapon-fails" >&2; exit 255; fi\n' +
      'printf "%s file\\t\\t1020\\t\\t0\\t\\t%s\\n" "${3#"$PIMESH_ROOT"}" "$2" >>"$PIMESH_ROOT/proc/swaps"',
  );
  root.standIn(
    "swapoff",
    'echo "swapoff $*" >>"$PIMESH_ROOT/calls"\n' +
      'if [ -e "$PIMESH_ROOT/swapoff-fails" ]; then cat "$PIMESH_ROOT/swapoff-fails" >&2; exit 255; fi\n' +
      'grep -v "^${1#"$PIMESH_ROOT"} " "$PIMESH_ROOT/proc/swaps" >"$PIMESH_ROOT/left"; mv "$PIMESH_ROOT/left" "$PIMESH_ROOT/proc/swaps"',
  );
  root.standIn(
    "mkswap",
    'echo "mkswap $*" >>"$PIMESH_ROOT/calls"\n' +
      'if [ -e "$PIMESH_ROOT/mkswap-fails" ]; then echo "mkswap: no" >&2; exit 1; fi\n' +
      'printf SWAPSPACE2 | dd of="$1" bs=1 seek=$(($(cat "$PIMESH_ROOT/page-size") - 10)) conv=notrunc 2>/dev/null',
  );
  root.write("usr/local/lib/pimesh/noswap", "#!/bin/sh\n", 0o755);
  root.write("calls", "");
  return root;
}

function notIsolated(root: NodeRoot, reason: string): void {
  root.write("usr/local/lib/pimesh/noswap", `#!/bin/sh\necho "not isolated: ${reason}"\nexit 1\n`, 0o755);
}

/** What keeps `on` from switching it on and is a failure; the beginning of the reason. */
const faults: readonly (readonly [string, (root: NodeRoot) => void, string])[] = [
  ["the disk is away", (root) => mounts(root), "not-mounted: nothing is mounted at /media/btsync"],
  ["there is no file", (root) => root.remove(file), "there is no /media/btsync/swapfile"],
  [
    "the file is a symlink",
    (root) => {
      root.write("swapfile", swapFile(4096), 0o600);
      root.link(file, "../../swapfile");
    },
    "/media/btsync/swapfile is a symlink",
  ],
  [
    "the path is a folder",
    (root) => {
      root.remove(file);
      root.write(`${file}/x`, "");
    },
    "/media/btsync/swapfile is no regular file",
  ],
  [
    "the file would lie on the SD card",
    (root) => conf(root, { SWAP_FILE: "/var/swap" }),
    "/var/swap does not lie below /media/btsync",
  ],
  [
    "the path goes up out of the disk",
    (root) => conf(root, { SWAP_FILE: "/media/btsync/../swap" }),
    "/media/btsync/../swap does not lie below /media/btsync",
  ],
  [
    "another file system is mounted in between",
    (root) => {
      conf(root, { SWAP_FILE: "/media/btsync/deep/swapfile" });
      mounts(root, rightMount, "/dev/sdb1 /media/btsync/deep ext4 rw 0 0");
    },
    "another file system is mounted at /media/btsync/deep",
  ],
  [
    "others may read it",
    (root) => root.write(file, swapFile(4096), 0o644),
    "the mode of /media/btsync/swapfile is -rw-r--r--",
  ],
  [
    "it is not root's",
    (root) => root.write("owner", "1000"),
    "the owner of /media/btsync/swapfile is user 1000",
  ],
  [
    "it was cut short",
    (root) => root.write(file, swapFile(4096, 524_288), 0o600),
    "/media/btsync/swapfile has 524288 bytes, not 1048576",
  ],
  [
    "it has holes",
    (root) => root.standIn("du", 'printf "512\\t%s\\n" "$2"'),
    "/media/btsync/swapfile has holes",
  ],
  [
    "it has no header",
    (root) => root.write(file, new Uint8Array(1_048_576), 0o600),
    "/media/btsync/swapfile has no swap header",
  ],
  [
    "the kernel refuses it",
    (root) => root.write("swapon-fails", "swapon: read swap header failed\n"),
    "swapon: swapon: read swap header failed",
  ],
  [
    "swapon says yes and does nothing",
    (root) => root.standIn("swapon", "exit 0"),
    "swapon reported success, but /proc/swaps does not list it".replace("it", "/media/btsync/swapfile"),
  ],
  ["the policy is unknown", (root) => conf(root, { SWAP_POLICY: "none" }), "PIMESH_SWAP_POLICY is none"],
];

/** Other areas, and the priority that ours gets; undefined: none is left. */
const priorities: readonly (readonly [string, readonly string[], number | undefined])[] = [
  ["nothing else", [], 10],
  ["zram at 100", ["/dev/zram0 partition\t2097136\t\t0\t\t100"], 10],
  ["a file on the SD card at -2", [area("/var/swap", 10, -2)], 10],
  [
    "two areas of pulled disks",
    [area("/swapfile", 0, 10), area(String.raw`/swapfile\040(deleted)`, 0, 11)],
    12,
  ],
  [
    "zram at 100 and an area of a pulled disk",
    ["/dev/zram0 partition\t209\t\t0\t\t100", area("/swapfile", 0, 17)],
    18,
  ],
  ["zram put at 5 by hand", ["/dev/zram0 partition\t209\t\t0\t\t5"], 0],
  [
    "zram at 20 above a dead area at 19",
    ["/dev/zram0 partition\t209\t\t0\t\t20", area("/swapfile", 0, 19)],
    undefined,
  ],
  ["areas up to 99", [area("/swapfile", 0, 99)], undefined],
  ["an area above zram", [area("/fast", 0, 32767)], 10],
  ["zram below everything", ["/dev/zram0 partition\t209\t\t0\t\t-2"], undefined],
  ["columns of an old kernel", ["/swapfile                               file\t102396\t0\t12"], 13],
];

describe.each(shells.filter((shell) => shell.there))("swap in $name", (shell) => {
  test("goes on, isolated, at priority 10", () => {
    const root = nodeWithSwap();
    root.write("run/pimesh/swap-off", "an old reason\n");
    expect(root.run(shell, script, "on")).toEqual({
      code: 0,
      stdout: "swap is on, priority 10\n",
      stderr: "",
    });
    expect(root.read("calls")).toBe(`swapon -p 10 ${root.path}/${file}\n`);
    expect(() => root.read("run/pimesh/swap-off")).toThrow("ENOENT");
  });

  test("is left alone when it is on already", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 8, 12));
    expect(root.run(shell, script, "on").stdout).toBe("swap is on already, priority 12\n");
    expect(root.read("calls")).toBe("");
  });

  test("goes off again where somebody else has switched it on and nothing is isolated", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 8, 12));
    notIsolated(root, "process 1 (systemd) has 8 KiB in swap");
    expect(root.run(shell, script, "on")).toMatchObject({
      code: 0,
      stdout:
        "swap stays off: not isolated: process 1 (systemd) has 8 KiB in swap; it was on, and is off now\n",
    });
    expect(root.read("proc/swaps")).not.toContain("swapfile");
  });

  test("goes off again where somebody else has given it the priority of zram", () => {
    const root = nodeWithSwap();
    swaps(
      root,
      "/dev/zram0                              partition\t1020\t\t0\t\t100",
      area("/media/btsync/swapfile", 8, 100),
    );
    expect(root.run(shell, script, "on").stdout).toContain(
      "its priority 100 is not below that of zram; it was on, and is off now",
    );
  });

  test("says so, and fails, when it is on, should not be, and does not fit into memory", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 300_000, 12));
    notIsolated(root, "memory.swap.max of init.scope is max, not 0");
    const { code, stdout } = root.run(shell, script, "on");
    expect(stdout).toContain("it is on although it should not be (not isolated: memory.swap.max");
    expect(stdout).toContain("swap stays on: 300000 KiB are in it");
    expect(code).toBe(1);
    expect(root.read("run/pimesh/swap-off")).toContain("it is on although it should not be");
  });

  test("goes on although the disk is full: the file has its blocks", () => {
    const root = nodeWithSwap();
    root.standIn(
      "df",
      'printf "Filesystem 1024-blocks Used Available\\n/dev/sda1 9 9 0 100%% /media/btsync\\n"',
    );
    expect(root.run(shell, script, "on").stdout).toBe("swap is on, priority 10\n");
  });

  test("stays off, which is no failure, when the kernel takes no more areas", () => {
    const root = nodeWithSwap();
    swaps(root, ...Array.from({ length: 22 }, (_, index) => area("/swapfile", 0, 10 + index)));
    root.write("swapon-fails", "swapon: /media/btsync/swapfile: swapon failed: Operation not permitted\n");
    expect(root.run(shell, script, "on")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("no room for another swap area: 22 are there") as string,
    });
  });

  test("has systemd forget the failed unit that a pull has left", () => {
    const root = nodeWithSwap();
    root.write("run/systemd/system/x", "");
    root.standIn("systemd-escape", "echo media-btsync-swapfile.swap");
    root.standIn("systemctl", 'echo "systemctl $*" >>"$PIMESH_ROOT/calls"');
    root.run(shell, script, "on");
    expect(root.read("calls")).toContain("systemctl reset-failed media-btsync-swapfile.swap swapfile.swap\n");
  });

  test("is not taken for on when a dead area of a pull carries its name", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 8, 10));
    root.write("run/pimesh/stale-swap", "EIO\n");
    expect(root.run(shell, script, "on")).toEqual({
      code: 0,
      stdout: "swap is on, priority 11\n",
      stderr: "",
    });
    expect(root.read("calls")).toBe(`swapon -p 11 ${root.path}/${file}\n`);
  });

  test("believes the kernel that it is on already, after a pull too", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 8, 12));
    root.write("run/pimesh/stale-swap", "EIO\n");
    root.write("swapon-fails", "swapon: /media/btsync/swapfile: swapon failed: Device or resource busy\n");
    expect(root.run(shell, script, "on")).toMatchObject({
      code: 0,
      stdout: "swap is on already, priority 12\n",
    });
  });

  test.each(faults)("stays off and fails when %s", (_, spoil, reason) => {
    const root = nodeWithSwap();
    spoil(root);
    const { code, stdout } = root.run(shell, script, "on");
    expect(stdout.slice(0, `swap stays off: ${reason}`.length)).toBe(`swap stays off: ${reason}`);
    expect(code).toBe(1);
    expect(root.read("run/pimesh/swap-off")).toContain(reason);
    expect(root.read("proc/swaps")).not.toContain("swapfile");
  });

  test("stays off without a failure when somebody else could swap to it, and notes why", () => {
    const root = nodeWithSwap();
    notIsolated(root, "PID 1 still has memory from before");
    const said = "not isolated: PID 1 still has memory from before";
    expect(root.run(shell, script, "on")).toEqual({
      code: 0,
      stdout: `swap stays off: ${said}\n`,
      stderr: "",
    });
    expect(root.read("run/pimesh/swap-off")).toBe(`${said}\n`);
    expect(root.read("calls")).toBe("");
  });

  test("goes on for everybody under the policy shared, without the proof", () => {
    const root = nodeWithSwap();
    conf(root, { SWAP_POLICY: "shared" });
    notIsolated(root, "the controller is off");
    expect(root.run(shell, script, "on").stdout).toBe("swap is on, priority 10\n");
  });

  test("stays off without a failure when no swap file is configured", () => {
    const root = nodeWithSwap();
    conf(root, { SWAP_FILE: "", SWAP_BYTES: "0" });
    expect(root.run(shell, script, "on")).toMatchObject({
      code: 0,
      stdout: "swap stays off: no swap file is configured\n",
    });
  });

  test("gets a new header when the file was made for another page size, and says so", () => {
    const root = nodeWithSwap();
    root.write(file, swapFile(16_384), 0o600);
    expect(root.run(shell, script, "on")).toEqual({
      code: 0,
      stdout:
        "the swap header of /media/btsync/swapfile is for pages of 16384 bytes, this kernel has 4096: writing a new one\n" +
        "swap is on, priority 10\n",
      stderr: "",
    });
    expect(root.read("calls")).toBe(`mkswap ${root.path}/${file}\nswapon -p 10 ${root.path}/${file}\n`);
  });

  test("rewrites no header when it would stay off anyway", () => {
    const root = nodeWithSwap();
    root.write(file, swapFile(16_384), 0o600);
    notIsolated(root, "x");
    root.run(shell, script, "on");
    expect(root.read("calls")).toBe("");
  });

  test("stays off when mkswap fails", () => {
    const root = nodeWithSwap();
    root.write(file, swapFile(4096), 0o600);
    root.write("page-size", "16384");
    root.write("mkswap-fails", "");
    expect(root.run(shell, script, "on")).toMatchObject({ code: 1 });
    expect(root.read("calls")).not.toContain("swapon");
  });

  test.each(priorities)("with %s it gets the right priority", (_, others, priority) => {
    const root = nodeWithSwap();
    swaps(root, ...others);
    const { code, stdout } = root.run(shell, script, "on");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        priority === undefined
          ? "swap stays off: no priority is left between the areas of pulled disks and zram: a reboot clears the areas\n"
          : `swap is on, priority ${priority}\n`,
    });
  });

  test("goes off", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 5000, 10), area("/var/swap", 1, -2));
    expect(root.run(shell, script, "off")).toEqual({ code: 0, stdout: "swap is off\n", stderr: "" });
    expect(root.read("proc/swaps")).toContain("/var/swap");
    expect(root.run(shell, script, "off").stdout).toBe("swap is off already\n");
  });

  test("refuses a planned off while memory could not take it back, unless forced", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 300_000, 10));
    expect(root.run(shell, script, "off")).toEqual({
      code: 1,
      stdout:
        "swap stays on: 300000 KiB are in it and only 200000 KiB of memory are available; stop the engine first, or --force\n",
      stderr: "",
    });
    expect(root.read("calls")).toBe("");
    expect(root.run(shell, script, "off", "--force").code).toBe(0);
  });

  test.each([
    ["all would fit, but nothing would be left: refused", 190_000, 1],
    ["there is room to spare: done", 150_000, 0],
  ])("a planned off when %s", (_, used, code) => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", used, 10), area("/var/swap", 0, -2));
    expect(root.run(shell, script, "off").code).toBe(code);
  });

  test("counts free memory and cache on a kernel that does not say what is available", () => {
    const root = nodeWithSwap();
    root.write(
      "proc/meminfo",
      "MemTotal: 442000 kB\nMemFree: 60000 kB\nBuffers: 10000 kB\nCached: 30000 kB\n",
    );
    swaps(root, area("/media/btsync/swapfile", 90_000, 10));
    expect(root.run(shell, script, "off").stdout).toContain("only 100000 KiB of memory are available");
  });

  test("fails when a planned swapoff fails", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 5, 10));
    root.write("swapoff-fails", "swapoff: Cannot allocate memory\n");
    expect(root.run(shell, script, "off")).toMatchObject({
      code: 1,
      stdout: "swap stays on: swapoff: swapoff: Cannot allocate memory\n",
    });
  });

  test("after a pull does not ask for memory, and a kernel that keeps the area is noted, not a failure", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 300_000, 10));
    root.remove(`dev/disk/by-uuid/${uuid}`);
    root.write("swapoff-fails", "swapoff: /media/btsync/swapfile: swapoff failed: Input/output error\n");
    const { code, stdout } = root.run(shell, script, "off");
    expect(code).toBe(0);
    expect(stdout).toContain("a dead swap area stays until the next reboot");
    expect(root.read("run/pimesh/stale-swap")).toContain("Input/output error");
  });

  test("after a pull goes off where the kernel lets go", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 300_000, 10));
    root.remove(`dev/disk/by-uuid/${uuid}`);
    expect(root.run(shell, script, "off").stdout).toBe("the disk was pulled; swap is off\n");
  });

  test("status says on, with what is wrong with it", () => {
    const root = nodeWithSwap();
    swaps(root, area("/media/btsync/swapfile", 42, 11));
    expect(root.run(shell, script, "status")).toEqual({
      code: 0,
      stdout: "on, priority 11, 42 KiB used\n",
      stderr: "",
    });
    notIsolated(root, "process 77 (kodi) has 12 KiB in swap");
    root.write("run/pimesh/stale-swap", "EIO\n");
    expect(root.run(shell, script, "status").stdout).toBe(
      "on, priority 11, 42 KiB used; not isolated: process 77 (kodi) has 12 KiB in swap; a dead swap area of a pulled disk stays until the next reboot\n",
    );
  });

  test("status says off, and why, with exit 1", () => {
    const root = nodeWithSwap();
    expect(root.run(shell, script, "status")).toMatchObject({ code: 1, stdout: "off\n" });
    root.write("run/pimesh/swap-off", "not isolated: x\n");
    expect(root.run(shell, script, "status")).toMatchObject({ code: 1, stdout: "off: not isolated: x\n" });
  });

  test.each([[[]], [["up"]], [["on", "--force"]], [["status", "x"]]])("refuses the words %j", (words) => {
    const root = nodeWithSwap();
    expect(root.run(shell, script, ...words)).toMatchObject({ code: 2, stdout: "" });
    expect(root.read("calls")).toBe("");
  });
});
