import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { pairHomes } from "../../src/commands/pair-homes.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { readQuieted } from "../../src/history/quieted.ts";
import type { HomePairing } from "../../src/report/pairing.ts";
import { askState } from "../../src/syncthing/instance-state.ts";
import { markerOf, ourFolder } from "../../src/syncthing/our-folder.ts";
import { localConnection } from "../support/local-connection.ts";
import { realHomes, type RealHomes } from "../support/real-homes.ts";
import { requires } from "../support/requires.ts";
import { makeSyncthing, type SyncthingProcess } from "../support/syncthing-process.ts";
import { testContext } from "../support/test-context.ts";
import { until } from "../syncthing/support/mesh.ts";

// Real processes that start, on a machine that may have better things to do.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(requires("syncthing"))("a disk that is a copy of another home's", () => {
  let homes: RealHomes;
  beforeAll(async () => {
    homes = await realHomes(["home", "mom", "grandma"]);
    for (const file of ["cert.pem", "key.pem"])
      copyFileSync(join(homes.process("mom").home, file), join(homes.process("grandma").home, file));
    await Promise.all(["home", "mom", "grandma"].map((name) => homes.process(name).start()));
    return homes.end;
  });

  test("is an outcome of both: they are named with the remedy, and the third is paired without them", async () => {
    const { paired, out } = await paireds(homes, { dryRun: true });
    expect(paired).toMatchObject([
      { node: "home", ok: true, value: { result: "planned" } },
      {
        node: "mom",
        ok: false,
        error: { code: "E-DISK-WRONG", message: expect.stringContaining("grandma") as string },
      },
      {
        node: "grandma",
        ok: false,
        error: { hint: expect.stringContaining("pimesh provision grandma") as string },
      },
    ]);
    expect(out).toContain("with nobody yet");
    expect(out).not.toMatch(/pair with (?:mom|grandma)/);
  });
});

describe.runIf(requires("syncthing"))("a home that has lost its marker", () => {
  let homes: RealHomes;
  let marker: string;
  const missing = expect.stringContaining("marker missing") as string;
  const photos = Array.from({ length: 40 }, (_, index) => `2019/img ${index}.jpg`);
  beforeAll(async () => {
    homes = await realHomes(["mom"]);
    marker = join(homes.tree("mom"), markerOf("1111-2222"));
    for (const photo of photos) put(photo);
    await homes.process("mom").start();
    return homes.end;
  });

  test("is given it again where the disk holds what its Syncthing remembers", async () => {
    expect((await paireds(homes)).paired).toMatchObject([{ ok: true, value: { result: "paired" } }]);
    await until("it knows its files", async () =>
      (await standing()).remembered?.files === photos.length ? true : undefined,
    );
    rmSync(marker);
    await untilItStandsStill();
    expect((await paireds(homes)).paired).toMatchObject([{ ok: true, value: { changes: [{}] } }]);
    expect(existsSync(marker)).toBe(true);
    expect((await standing()).stopped).toBeUndefined();
  });

  test("is refused it where the files are gone that its Syncthing remembers, and nothing is changed", async () => {
    rmSync(marker);
    await untilItStandsStill();
    for (const photo of photos.slice(0, 20)) rmSync(join(homes.tree("mom"), photo));
    const { paired } = await paireds(homes);
    expect(paired).toMatchObject([{ ok: false, error: { code: "E-MASS-CHANGE", exitCode: 5 } }]);
    expect(existsSync(marker)).toBe(false);
    expect(await standing()).toMatchObject({ stopped: missing, remembered: { files: photos.length } });
  });

  test("is given it where a person says that it is meant so", async () => {
    const { paired } = await paireds(homes, { acceptMassChange: true });
    expect(paired).toMatchObject([{ ok: true, value: { result: "paired" } }]);
    expect(existsSync(marker)).toBe(true);
  });

  function put(photo: string): void {
    const path = join(homes.tree("mom"), photo);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, photo);
  }

  async function untilItStandsStill(): Promise<void> {
    using instance = await homes.instance("mom");
    await instance.rest.send("POST", `/rest/db/scan?folder=${ourFolder.id}`).catch(() => undefined);
    await until("it stands still", async () => ((await standing()).stopped === undefined ? undefined : true));
  }

  async function standing() {
    using instance = await homes.instance("mom");
    return askState(instance.rest, ourFolder.id);
  }
});

describe.runIf(requires("syncthing"))("a new disk in the place of a full one", () => {
  let homes: RealHomes;
  beforeAll(async () => {
    homes = await realHomes(["mom"]);
    await homes.process("mom").start();
    return homes.end;
  });

  test("is paired, whatever the old one held: its Syncthing remembers nothing that it could delete at the others", async () => {
    const held = { files: 40, bytes: 40_000 };
    const full = { ...homes, homes: homes.homes.map((home) => ({ ...home, held })) };
    expect((await paireds(full)).paired).toMatchObject([{ ok: true, value: { result: "paired" } }]);
  });
});

describe.runIf(requires("syncthing"))("the laptop's own Syncthing", () => {
  let homes: RealHomes;
  let laptop: SyncthingProcess;
  let tree: string;
  beforeAll(async () => {
    const { inventory, ...rest } = await realHomes([]);
    tree = join(rest.folder, "tree");
    mkdirSync(tree);
    writeFileSync(join(tree, "letter.txt"), "dear mom");
    laptop = await makeSyncthing(join(rest.folder, ".config/syncthing"));
    await laptop.start();
    homes = { ...rest, inventory: { ...inventory, laptop: { tree, folders: {}, engine: "syncthing" } } };
    return async () => {
      await laptop.stop();
      await rest.end();
    };
  });

  test("is given the family's rules, shown before, and has nothing to do the second time", async () => {
    const first = await paireds(homes);
    expect(first.out).toContain(`1. change ${tree}/.stignore`);
    expect(first.paired).toMatchObject([{ node: "laptop", ok: true, value: { result: "paired" } }]);
    expect(readFileSync(join(tree, ".stignore"), "utf8")).toContain("/.sync\n");
    expect((await paireds(homes)).paired).toMatchObject([{ value: { result: "unchanged" } }]);
  });

  test("is given new rules while it stands, and goes on", async () => {
    const changed = { ...homes, inventory: { ...homes.inventory, ignore: ["*.part"] } };
    expect((await paireds(changed, { dryRun: true })).paired).toMatchObject([
      { value: { result: "planned", changes: [{ diff: expect.stringContaining("+*.part") as string }] } },
    ]);
    expect((await paireds(changed)).paired).toMatchObject([{ value: { result: "paired" } }]);
    expect(readFileSync(join(tree, ".stignore"), "utf8")).toContain("*.part\n");
    expect(await readQuieted(join(homes.folder, "state"))).toEqual([]);
    expect((await paireds(changed)).paired).toMatchObject([{ value: { result: "unchanged", findings: [] } }]);
  });
});

async function paireds(
  { folder, inventory, homes }: Pick<RealHomes, "folder" | "inventory" | "homes">,
  options: { readonly dryRun?: boolean; readonly acceptMassChange?: boolean } = {},
): Promise<{ paired: Outcome<HomePairing>[]; out: string }> {
  const { context, said } = testContext(folder, async () => localConnection());
  const paired = await pairHomes(context, inventory, homes, {
    dryRun: false,
    json: false,
    yes: true,
    acceptMassChange: false,
    ...options,
  });
  return { paired, out: said.out };
}
