import { describe, expect, test } from "vitest";
import { nodeRoot, shells, type NodeRoot } from "./node-root.ts";

const script = "usr/local/lib/pimesh/noswap";
const groups = "sys/fs/cgroup";

/** A booted node where PID 1 has started afresh and only the engine is in swap. */
function isolatedNode(): NodeRoot {
  const root = nodeRoot();
  root.write(`${groups}/cgroup.controllers`, "cpuset cpu io memory pids\n");
  for (const group of ["init.scope", "system.slice", "user.slice"]) topLevel(root, group, "0", "0", 1);
  topLevel(root, "pimesh.slice", "max", "300000000", 1);
  // Mounts of early boot have a group of their own with nobody in it
  topLevel(root, "dev-hugepages.mount", "max", "0", 0);
  root.write(`${groups}/init.scope/memory.stat`, "anon 2613248\nfile 8192\n");
  process(root, 1, "systemd", "0::/init.scope", 0, "RssAnon:\t    2552 kB\n");
  process(root, 77, "sshd", "0::/system.slice/ssh.service", 0);
  process(root, 88, "syncthing", "0::/pimesh.slice/syncthing@pi.service", 290_000);
  root.write("proc/2/comm", "kthreadd\n");
  root.write("proc/2/cgroup", "0::/\n");
  root.write("proc/2/status", "Name:\tkthreadd\nPid:\t2\n");
  root.standIn("sleep", 'echo "sleep $*" >>"$PIMESH_ROOT/calls"');
  root.standIn(
    "systemctl",
    'echo "systemctl $*" >>"$PIMESH_ROOT/calls"\ncat "$PIMESH_ROOT/after-reexec" >"$PIMESH_ROOT/sys/fs/cgroup/init.scope/memory.stat"\nexit 1',
  );
  root.write("after-reexec", "anon 2613248\n");
  root.write("calls", "");
  return root;
}

function topLevel(root: NodeRoot, name: string, limit: string, current: string, populated: 0 | 1): void {
  root.write(`${groups}/${name}/memory.swap.max`, `${limit}\n`);
  root.write(`${groups}/${name}/memory.swap.current`, `${current}\n`);
  root.write(`${groups}/${name}/cgroup.events`, `populated ${populated}\nfrozen 0\n`);
}

function process(root: NodeRoot, id: number, name: string, group: string, swap: number, more = ""): void {
  root.write(`proc/${id}/comm`, `${name}\n`);
  root.write(`proc/${id}/cgroup`, `${group}\n`);
  root.write(
    `proc/${id}/status`,
    `Name:\t${name}\nVmSize:\t   10000 kB\n${more}VmSwap:\t${String(swap).padStart(8)} kB\n`,
  );
}

/** One thing each that speaks against isolation, and the line that says so. */
const exposures: readonly (readonly [string, (root: NodeRoot) => void, string])[] = [
  [
    "there is no unified cgroup hierarchy",
    (root) => root.remove(`${groups}/cgroup.controllers`),
    "this system has no unified cgroup hierarchy",
  ],
  [
    "the memory controller is off, as on a stock Pi",
    (root) => root.write(`${groups}/cgroup.controllers`, "cpuset cpu io pids\n"),
    "the kernel's memory controller is off (cgroup_enable=memory on the kernel command line switches it on)",
  ],
  ...["init.scope", "system.slice", "user.slice"].map(
    (group) =>
      [
        `${group} has no limit`,
        (root: NodeRoot) => root.write(`${groups}/${group}/memory.swap.max`, "max\n"),
        `memory.swap.max of ${group} is max, not 0`,
      ] as const,
  ),
  [
    "the kernel has no swap accounting",
    (root) => root.remove(`${groups}/system.slice/memory.swap.max`),
    "memory.swap.max of system.slice is not there, not 0",
  ],
  [
    "PID 1 has not started afresh",
    (root) => root.write(`${groups}/init.scope/memory.stat`, "anon 1314816\n"),
    "PID 1 still has memory from before its limit: only 1284 of 2552 KiB are charged to init.scope",
  ],
  [
    "what PID 1 holds cannot be told",
    (root) => root.remove(`${groups}/init.scope/memory.stat`),
    "the kernel does not say what PID 1 holds",
  ],
  [
    "PID 1 is in swap",
    (root) => process(root, 1, "systemd", "0::/init.scope", 608, "RssAnon:\t    2552 kB\n"),
    "process 1 (systemd) has 608 KiB in swap",
  ],
  [
    "a login is in swap",
    (root) => process(root, 99, "bash", "0::/user.slice/user-1000.slice/session-1.scope", 4),
    "process 99 (bash) has 4 KiB in swap",
  ],
  [
    "a program in a slice that only sounds like ours is in swap",
    (root) => process(root, 99, "x", "0::/pimesh.slice.evil/x.service", 10),
    "process 99 (x) has 10 KiB in swap",
  ],
  [
    "tmpfs of the system is in swap",
    (root) => root.write(`${groups}/system.slice/memory.swap.current`, "4096\n"),
    "system.slice has 4096 bytes in swap",
  ],
  [
    "a container's leftovers are in swap",
    (root) => topLevel(root, "machine.slice", "0", "8192", 0),
    "machine.slice has 8192 bytes in swap",
  ],
  [
    "a container may swap",
    (root) => topLevel(root, "docker", "max", "0", 1),
    "memory.swap.max of docker is max, not 0, and programs run in it",
  ],
  [
    "a program runs in the root cgroup",
    (root) => process(root, 66, "odd", "0::/", 0),
    "process 66 (odd) is in no cgroup that could be kept out of swap",
  ],
];

describe.each(shells.filter((shell) => shell.there))("noswap in $name", (shell) => {
  test("check is silent when nobody but the engine can have pages in the swap", () => {
    expect(isolatedNode().run(shell, script, "check")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test.each(exposures)("check says it when %s", (_, spoil, reason) => {
    const root = isolatedNode();
    spoil(root);
    expect(root.run(shell, script, "check")).toEqual({
      code: 1,
      stdout: `not isolated: ${reason}\n`,
      stderr: "",
    });
    expect(root.read("calls")).toBe("");
  });

  test("check forgives the kernel's batches of up to 64 KiB, and a user.slice that nobody has needed yet", () => {
    const root = isolatedNode();
    root.write(`${groups}/init.scope/memory.stat`, `anon ${(2552 - 64) * 1024}\n`);
    root.remove(`${groups}/user.slice`);
    expect(root.run(shell, script, "check").code).toBe(0);
  });

  test("check passes over processes that end while it looks", () => {
    const root = isolatedNode();
    root.write("proc/500/comm", "gone\n");
    root.link("proc/501", "nowhere");
    expect(root.run(shell, script, "check")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("reexec starts PID 1 afresh once per boot, whatever check says before", () => {
    const root = isolatedNode();
    expect(root.run(shell, script, "reexec").code).toBe(0);
    expect(root.run(shell, script, "reexec").code).toBe(0);
    expect(root.read("calls")).toBe("systemctl daemon-reexec\n");
  });

  test("reexec is done again when the proof no longer holds", () => {
    const root = isolatedNode();
    root.run(shell, script, "reexec");
    root.write(`${groups}/init.scope/memory.stat`, "anon 4096\n");
    expect(root.run(shell, script, "reexec").code).toBe(0);
    expect(root.read("calls")).toBe("systemctl daemon-reexec\nsystemctl daemon-reexec\n");
  });

  test("reexec waits until the proof holds", () => {
    const root = isolatedNode();
    root.write("after-reexec", "anon 4096\n");
    root.standIn(
      "sleep",
      'echo "sleep $*" >>"$PIMESH_ROOT/calls"\n' +
        'if [ "$(grep -c sleep "$PIMESH_ROOT/calls")" = 3 ]; then echo "anon 2613248" >"$PIMESH_ROOT/sys/fs/cgroup/init.scope/memory.stat"; fi',
    );
    expect(root.run(shell, script, "reexec")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(root.read("calls")).toBe("systemctl daemon-reexec\nsleep 1\nsleep 1\nsleep 1\n");
  });

  test("reexec gives up after a minute, says why, and leaves no mark", () => {
    const root = isolatedNode();
    root.write("after-reexec", "anon 4096\n");
    const { code, stdout } = root.run(shell, script, "reexec");
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout:
        "not isolated: PID 1 still has memory from before its limit: only 4 of 2552 KiB are charged to init.scope\n",
    });
    expect(root.read("calls").match(/sleep 1/g)).toHaveLength(60);
    expect(() => root.read("run/pimesh/reexecuted")).toThrow("ENOENT");
  }, 60_000);

  test("reexec leaves PID 1 alone where it cannot help", () => {
    const root = isolatedNode();
    root.write(`${groups}/cgroup.controllers`, "cpu\n");
    expect(root.run(shell, script, "reexec")).toMatchObject({ code: 1 });
    expect(root.read("calls")).toBe("");
  });

  test.each([[[]], [["on"]]])("refuses the words %j", (words) => {
    expect(isolatedNode().run(shell, script, ...words)).toMatchObject({ code: 2, stdout: "" });
  });
});
