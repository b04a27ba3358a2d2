import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { btsyncConfig, type KeyNode } from "../../src/engine/btsync-config.ts";
import { engines } from "../../src/engine/engines.ts";
import { parseFolderKey } from "../../src/engine/folder-key.ts";
import { enginePlaces, ownUnit, runDropIn } from "../../src/provision/engine-unit.ts";
import { execOf } from "../../src/provision/engine-way.ts";
import { profileOf } from "../../src/provision/profile.ts";
import { mom } from "../facts/mom.ts";
import { temporaryFolder } from "../support/folder.ts";
import { requires } from "../support/requires.ts";
import { livingPid, standInEngine } from "../support/stand-in-engine.ts";

const node: KeyNode = { ...mom, engine: "btsync" };
const places = enginePlaces(engines.btsync, "btsync.service", "systemd", profileOf(undefined));

// The engines are closed programs and in no package: a stand-in is started by the very command of our units.
describe.runIf(requires("python3"))("the stand-in for an engine, started as our unit starts it", () => {
  test("takes the configuration, works in the foreground, and ends in order when it is told to", async () => {
    const run = await started();
    await vi.waitFor(() => expect(run.pid()).toBe(run.child.pid));
    expect(readFileSync(`/proc/${run.child.pid}/comm`, "utf8")).toBe("btsync\n");
    await vi.waitFor(() => expect(run.log()).toContain("Loaded folder /media/btsync/btsync"));
    expect(existsSync(join(run.root, "media/btsync/btsync/.SyncID"))).toBe(true);
    run.child.kill("SIGTERM");
    expect(await once(run.child, "exit")).toEqual([0, null]);
    expect(run.pid()).toBeUndefined();
  });

  test("does not start without the disk, where its database is", async () => {
    const run = await started({ disk: false });
    expect(await once(run.child, "exit")).toEqual([1, null]);
    expect(existsSync(join(run.root, "media"))).toBe(false);
  });
});

test("somebody's unit that is told what to run starts the same command as ours", async () => {
  const own = execOf((await ownUnit("btsync", places, "pi")).text ?? "");
  const told = execOf((await runDropIn("/x", places.program, places.config)).text ?? "");
  expect(told).toEqual(own);
  expect(own).toEqual({ program: places.program, config: places.config });
});

async function started({ disk = true } = {}) {
  const root = temporaryFolder();
  const write = (path: string, content: string | Uint8Array, mode: number): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  };
  const parsed = parseFolderKey("ABYLI66VS2YU4V5TR422B3N43SHAJLHMN");
  const made = "key" in parsed ? btsyncConfig(node, parsed.key, undefined) : parsed;
  if ("problem" in made) throw new Error(made.problem);
  write(places.config, made.text, 0o600);
  write(places.program, standInEngine(), 0o755);
  if (disk) {
    for (const folder of ["btsync", ".pimesh/btsync"]) {
      mkdirSync(join(root, "media/btsync", folder), { recursive: true });
    }
  }
  const command = execOf((await ownUnit("btsync", places, "pi")).text ?? "");
  if (command?.config === undefined) throw new Error("the unit starts nothing");
  const words = ["--config", join(root, command.config), "--nodaemon"];
  const child: ChildProcess = spawn(join(root, command.program), words, {
    env: { ...process.env, PIMESH_ROOT: root },
    stdio: "ignore",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const storage = join(root, "media/btsync/.pimesh/btsync");
  return {
    root,
    child,
    pid: () => livingPid(join(storage, "sync.pid")),
    log: () => readFileSync(join(storage, "sync.log"), "utf8"),
  };
}
