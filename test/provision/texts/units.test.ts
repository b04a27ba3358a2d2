import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fill } from "../../../src/provision/template.ts";
import { escapeForDeviceUnit, unitNameOfPath } from "../../../src/provision/unit-name.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { requires, searchPath } from "../../support/requires.ts";
import { libFolder } from "./node-root.ts";

const units = fileURLToPath(new URL("../../../provision/etc/systemd/system/", import.meta.url));
const uuid = "2f6c1c8e-1111-4222-8333-944445555666";

/** Every text with its name on a node; the engine is a template's instance, as Syncthing's. */
function names(mount: string): Readonly<Record<string, string>> {
  return {
    "disk.mount": `${unitNameOfPath(mount)}.mount`,
    "disk.mount.d/50-pimesh-index.conf": `${unitNameOfPath(mount)}.mount.d/50-pimesh-index.conf`,
    "pimesh-index.service": "pimesh-index.service",
    "pimesh-index.timer": "pimesh-index.timer",
    "disk.device.d/50-pimesh.conf": `${escapeForDeviceUnit(uuid)}.device.d/50-pimesh.conf`,
    "pimesh-swap.service": "pimesh-swap.service",
    "pimesh-noswap.service": "pimesh-noswap.service",
    "pimesh.slice": "pimesh.slice",
    "system.slice.d/50-pimesh-noswap.conf": "system.slice.d/50-pimesh-noswap.conf",
    "user.slice.d/50-pimesh-noswap.conf": "user.slice.d/50-pimesh-noswap.conf",
    "init.scope.d/50-pimesh-noswap.conf": "init.scope.d/50-pimesh-noswap.conf",
    "engine.service.d/50-pimesh.conf": "syncthing@pi.service.d/50-pimesh.conf",
    "engine.service.d/55-pimesh-syncthing.conf": "syncthing@pi.service.d/55-pimesh-syncthing.conf",
    "engine.service.d/55-pimesh-run.conf": "syncthing@pi.service.d/55-pimesh-run.conf",
    "engine.service.d/56-pimesh-user.conf": "syncthing@pi.service.d/56-pimesh-user.conf",
    "engine.service.d/60-pimesh-swap-gate.conf": "syncthing@pi.service.d/60-pimesh-swap-gate.conf",
    "engine.service": "btsync.service",
    "player.service.d/50-pimesh.conf": "kodi.service.d/50-pimesh.conf",
    "udevil-mount@.service.d/50-pimesh.conf": "udevil-mount@.service.d/50-pimesh.conf",
  };
}

function filled(template: string, mount: string): string {
  const values: Readonly<Record<string, string>> = {
    mount,
    uuid,
    lib: libFolder,
    mountUnit: `${unitNameOfPath(mount)}.mount`,
    deviceName: escapeForDeviceUnit(uuid),
    deviceUnit: `${escapeForDeviceUnit(uuid)}.device`,
    home: `${mount}/.pimesh/syncthing`,
    kind: "btsync",
    user: "daemon",
    group: "65534",
    program: "/bin/true",
    config: "/etc/pimesh/btsync.conf",
    runFolder: "/var/run/resilio-sync",
  };
  const used = Object.fromEntries(
    Object.entries(values).filter(([name]) => template.includes(`{{${name}}}`)),
  );
  return fill(template, used, "unit");
}

/** A folder of units as a provisioned node has them, with stubs of an engine and a player. */
function installed(mount: string, engine = "[Service]\nExecStart=/bin/true\n"): string {
  const folder = temporaryFolder();
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o644);
  };
  for (const [source, name] of Object.entries(names(mount))) {
    // Whether the program is there is not the unit's business
    write(
      name,
      filled(readFileSync(join(units, source), "utf8"), mount).replace("/usr/bin/syncthing", "/bin/true"),
    );
  }
  write("syncthing@.service", engine);
  write("syncthing@pi.service", engine);
  for (const name of ["udevil-mount@.service", "udevil-mount@-dev-sda1.service"]) {
    write(name, "[Service]\nType=oneshot\nExecStart=/bin/true %I\n");
  }
  write("kodi.service", "[Service]\nExecStart=/bin/true\nRestart=on-failure\n");
  return folder;
}

/** It exits 0 on an unknown key and only warns, so any word counts. */
function verify(folder: string, ...files: string[]): { said: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", ...files.map((file) => join(folder, file))],
    { encoding: "utf8", env: { PATH: searchPath, SYSTEMD_UNIT_PATH: `${folder}:` } },
  );
  return { said: stdout + stderr, status };
}

test("every text of provision/etc/systemd is known here", () => {
  const found = readdirSync(units, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(units, name)).isFile(),
  );
  expect(found.toSorted()).toEqual(Object.keys(names("/media/btsync")).toSorted());
});

describe.runIf(requires("systemd-analyze"))("systemd-analyze verify", () => {
  test.each(["/media/btsync", "/srv/family-disk", "/media/100%"])("has nothing to say for %s", (mount) => {
    expect(verify(installed(mount), ...unitsAt(mount))).toEqual({ said: "", status: 0 });
  });

  test("finds no circle when the engine is enabled at boot and has its own wishes", () => {
    const engine =
      "[Unit]\nAfter=network.target local-fs.target\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
    const folder = installed("/media/btsync", engine);
    mkdirSync(join(folder, "multi-user.target.wants"));
    for (const unit of ["syncthing@pi.service", "pimesh-noswap.service"]) {
      symlinkSync(`../${unit}`, join(folder, "multi-user.target.wants", unit));
    }
    copyFileSync("/lib/systemd/system/multi-user.target", join(folder, "multi-user.target"));
    expect(verify(folder, "multi-user.target", ...unitsAt("/media/btsync"))).toEqual({ said: "", status: 0 });
  });

  test("would find a circle", () => {
    const folder = installed("/media/btsync");
    mkdirSync(join(folder, "pimesh-noswap.service.d"));
    writeFileSync(join(folder, "pimesh-noswap.service.d/circle.conf"), "[Unit]\nAfter=pimesh-swap.service\n");
    expect(verify(folder, "pimesh-swap.service").said).toContain("ordering cycle");
  });

  test("would say something about a key that does not exist", () => {
    const folder = installed("/media/btsync");
    writeFileSync(join(folder, "kodi.service.d/60-typo.conf"), "[Service]\nRestartSecs=5\n");
    expect(verify(folder, "kodi.service").said).toContain("RestartSecs");
  });
});

describe("the texts keep their promises", () => {
  test("the mount is by UUID, for ext4 alone, harmless, detached lazily, and checked first", () => {
    expect(keys("disk.mount")).toEqual(
      expect.arrayContaining([
        "What=/dev/disk/by-uuid/{{uuid}}",
        "Type=ext4",
        "Options=noatime,nosuid,nodev,errors=remount-ro,x-systemd.device-bound",
        "LazyUnmount=yes",
        "Requires=systemd-fsck@{{deviceName}}.service",
        "BindsTo={{deviceUnit}}",
      ]),
    );
  });

  test("no boot waits for the disk", () => {
    // Without this a mount unit is ordered before local-fs.target (systemd.mount(5), default dependencies)
    expect(keys("disk.mount")).toContain("DefaultDependencies=no");
    expect(text("disk.mount")).not.toMatch(/^\[Install\]|^(Before|WantedBy|RequiredBy)=.*local-fs/m);
  });

  test("the engine stops with the disk, is guarded before each start, and never gives up", () => {
    expect(keys("engine.service.d/50-pimesh.conf")).toEqual([
      "BindsTo={{mountUnit}}",
      "After={{mountUnit}}",
      "After=pimesh-swap.service",
      "StartLimitIntervalSec=0",
      "ExecStartPre=+{{lib}}/disk-guard",
      "Slice=pimesh.slice",
      "Restart=on-failure",
      "RestartSec=30",
    ]);
  });

  test("somebody's unit gets one command, in the foreground, and no pid file to wait for", () => {
    expect(keys("engine.service.d/55-pimesh-run.conf")).toEqual([
      "Type=simple",
      "PIDFile=",
      "ExecStart=",
      "ExecStart={{program}} --config {{config}} --nodaemon",
    ]);
  });

  test("the player is not bound to the disk", () => {
    expect(text("player.service.d/50-pimesh.conf")).not.toMatch(
      /^(BindsTo|Requires|PartOf|After|RequiresMountsFor)=/m,
    );
  });

  test("the index never brings the disk back, and leaves memory, processor and disk to the others", () => {
    expect(keys("pimesh-index.service")).toEqual(
      expect.arrayContaining([
        "Requisite={{mountUnit}}",
        "ConditionPathIsMountPoint={{mount}}",
        "Nice=19",
        "IOSchedulingClass=idle",
        "MemorySwapMax=0",
      ]),
    );
    expect(keys("pimesh-index.service").some((key) => /^MemoryMax=\d+M$/.test(key))).toBe(true);
    for (const name of ["pimesh-index.service", "pimesh-index.timer"]) {
      expect(text(name)).not.toMatch(/^\[Install\]|^(Requires|RequiresMountsFor)=/m);
    }
  });

  test("every text says who wrote it", () => {
    for (const name of Object.keys(names("/media/btsync"))) {
      expect(text(name).startsWith("# Written by pimesh")).toBe(true);
    }
  });
});

test("a panicked machine restarts by itself", () => {
  const path = new URL("../../../provision/etc/sysctl.d/50-pimesh-panic.conf", import.meta.url);
  expect(readFileSync(path, "utf8")).toMatch(/^kernel\.panic = 10$/m);
});

function unitsAt(mount: string): string[] {
  return [
    `${unitNameOfPath(mount)}.mount`,
    "pimesh-swap.service",
    "pimesh-noswap.service",
    "pimesh-index.service",
    "pimesh-index.timer",
    "pimesh.slice",
    "syncthing@pi.service",
    "kodi.service",
    "udevil-mount@-dev-sda1.service",
  ];
}

function text(name: string): string {
  return readFileSync(join(units, name), "utf8");
}

function keys(name: string): string[] {
  return text(name)
    .split("\n")
    .filter((line) => /^[A-Za-z]+=/.test(line));
}
