import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../../src/commands/check.ts";
import { init, type InitOptions } from "../../src/commands/init.ts";
import { loadInventory } from "../../src/inventory/load.ts";
import { scriptedContext } from "../inventory/scripted-context.ts";
import { temporaryFolder } from "../support/folder.ts";

const flags: InitOptions = {
  tree: "~/btsync",
  node: ["home=home.local,home.example.org:2222", "mom=mom.example.org"],
};

describe("init from flags", () => {
  test("writes an inventory that passes check, and says where and what next", async () => {
    const folder = temporaryFolder();
    const { context, said } = scriptedContext(folder);
    expect(await init(context, { ...flags, user: "pi" })).toBe(0);
    expect(said.out).toBe(`wrote ${join(folder, "pimesh.yaml")}\n`);
    expect(said.err).toBe("next: pimesh check, then pimesh trust NODE for each node\n");
    expect(await check(context, {})).toBe(0);
    const inventory = await loadInventory({ cwd: folder, home: folder, env: {} });
    expect(inventory.laptop.tree).toBe(join(folder, "btsync"));
    expect(inventory.nodes).toMatchObject([
      {
        name: "home",
        user: "pi",
        addresses: [{ host: "home.local" }, { host: "home.example.org", port: 2222 }],
      },
      { name: "mom", user: "pi", addresses: [{ host: "mom.example.org" }] },
    ]);
    expect(await readdir(folder)).toEqual(["pimesh.yaml"]);
  });

  test("the text explains itself", async () => {
    const folder = temporaryFolder();
    await init(scriptedContext(folder).context, flags);
    expect(await readFile(join(folder, "pimesh.yaml"), "utf8")).toMatchInlineSnapshot(`
      "# The inventory of pimesh: which Pis there are, and what each of them is to be.
      # \`pimesh check\` says what is wrong with it; every key is explained in inventory.example.yaml of pimesh.
      # No password or key belongs in here.

      laptop:
        tree: ~/btsync # the folder on this machine that is on every Pi too; ~ and $NAME are known

      # What holds for every Pi. Each key may also stand at a single one, which then goes its own way.
      defaults:
        # user: pi # login name; without it your ssh configuration decides
        disk:
          label: btsync # the label of the USB disk's ext4 file system
          mount: /media/btsync # where it is mounted on the Pi
        tree: btsync # the synced folder on that disk
        folders: [] # folders that pimesh makes in it, such as [movies, photos, music]
        swap: false # or a swap file on the disk, such as { size: 4GiB }, or auto
        engine: syncthing # or resilio, btsync, false
        player: kodi # or xbmc, false

      # A name, and one address or a list that is tried in order. \`jump: NAME\` goes through another Pi.
      nodes:
        home:
          address: [home.local, "home.example.org:2222"]
        mom:
          address: mom.example.org

      # Never synced, never counted: a name at any depth, or a path from the tree. * and ? are known.
      ignore:
        - .DS_Store
        - Thumbs.db
        - desktop.ini
      "
    `);
  });

  test("makes the folders that lead to the named file", async () => {
    const folder = temporaryFolder();
    const { context, said } = scriptedContext(folder);
    await init(context, { ...flags, output: ".config/pimesh/inventory.yaml" });
    const path = join(folder, ".config/pimesh/inventory.yaml");
    expect(said.err).toContain(`pimesh check --inventory ${path}`);
    expect(await check(context, { inventory: path })).toBe(0);
  });

  test("a tree is relative to the current folder", async () => {
    const folder = temporaryFolder();
    const { context } = scriptedContext(folder);
    await init(context, { ...flags, tree: "my $5 sync" });
    expect((await loadInventory(context)).laptop.tree).toBe(join(folder, "my $5 sync"));
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ["a file", async (path) => writeFile(path, "mine")],
    ["a folder", async (path) => mkdir(path)],
    ["a link that leads nowhere", async (path) => symlink("gone", path)],
  ])("never overwrites %s", async (_title, make) => {
    const folder = temporaryFolder();
    const path = join(folder, "pimesh.yaml");
    await make(path);
    const before = await readFile(path, "utf8").catch((error: unknown) => String(error));
    await expect(init(scriptedContext(folder).context, flags)).rejects.toMatchObject({
      code: "E-USAGE",
      message: `${path} is there already, and is not overwritten`,
    });
    expect(await readFile(path, "utf8").catch((error: unknown) => String(error))).toBe(before);
    expect(await readdir(folder)).toEqual(["pimesh.yaml"]);
  });

  test("of two that write at once, one wins and the other says so", async () => {
    const folder = temporaryFolder();
    const runs = ["one", "two", "three"].map((name) =>
      init(scriptedContext(folder).context, { tree: "~/t", node: [`${name}=a`] }).then(
        () => name,
        (error: { code: string }) => error.code,
      ),
    );
    const results = await Promise.all(runs);
    const winners = results.filter((result) => result !== "E-USAGE");
    expect(winners).toHaveLength(1);
    const inventory = await loadInventory({ cwd: folder, home: folder, env: {} });
    expect(inventory.nodes.map(({ name }) => name)).toEqual(winners);
    expect(await readdir(folder)).toEqual(["pimesh.yaml"]);
  });

  test.each<[string, InitOptions, string, string]>([
    [
      "no terminal and no flags",
      {},
      "E-NEEDS-TTY",
      "there is no terminal to ask on, and these are missing: --tree FOLDER --node NAME=ADDRESS",
    ],
    [
      "--yes without nodes",
      { yes: true, tree: "~/t" },
      "E-USAGE",
      "--yes asks nothing, and these are missing: --node NAME=ADDRESS",
    ],
    [
      "a node without an address",
      { tree: "~/t", node: ["mom"] },
      "E-USAGE",
      '--node takes NAME=ADDRESS: "mom" has no =',
    ],
    [
      "a node with an empty address",
      { tree: "~/t", node: ["mom="] },
      "E-USAGE",
      "--node gives mom no address",
    ],
    [
      "a wrong address",
      { tree: "~/t", node: ["mom=pi@mom"] },
      "E-USAGE",
      '--node "pi@mom": holds an @; the login name goes into user',
    ],
    [
      "a wrong name",
      { tree: "~/t", node: ["Mom=a"] },
      "E-USAGE",
      '--node "Mom": is not a node name: at most 63 of a-z, 0-9 and dashes, a dash not first (did you mean mom?)',
    ],
    [
      "a name given twice",
      { tree: "~/t", node: ["mom=a", "mom=b"] },
      "E-USAGE",
      "the name mom is given to two nodes",
    ],
    [
      "one address for two",
      { tree: "~/t", node: ["mom=a", "dad=a"] },
      "E-USAGE",
      "no inventory was written: nodes.dad.address: a is the address of mom too",
    ],
    [
      "a wrong user",
      { ...flags, user: "-x" },
      "E-USAGE",
      '--user "-x": is not a login name: at most 32 of A-Z a-z 0-9 . _ -, a letter or _ first',
    ],
    [
      "a wrong tree",
      { ...flags, tree: "$NOWHERE/x" },
      "E-USAGE",
      '--tree "$NOWHERE/x": the environment variable NOWHERE is not set',
    ],
    [
      "the whole file system",
      { ...flags, tree: "/" },
      "E-USAGE",
      "no inventory was written: laptop.tree: is the whole file system; name a folder",
    ],
  ])("refuses %s and writes nothing", async (_title, options, code, message) => {
    const folder = temporaryFolder();
    await expect(init(scriptedContext(folder).context, options)).rejects.toMatchObject({ code, message });
    expect(await readdir(folder)).toEqual([]);
  });

  test("a folder that cannot be made is an error, not a bug", async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "file"), "");
    await expect(
      init(scriptedContext(folder).context, { ...flags, output: "file/x.yaml" }),
    ).rejects.toMatchObject({
      code: "E-USAGE",
      message: expect.stringContaining("the inventory could not be written: "),
    });
  });
});

describe("init on a terminal", () => {
  test("asks for the tree, each Pi and the login name", async () => {
    const folder = temporaryFolder();
    const { context, said } = scriptedContext(folder, [
      "",
      "home",
      "home.local, 192.0.2.7",
      "mom",
      "mom.example.org",
      "",
      "pi",
    ]);
    expect(await init(context, {})).toBe(0);
    const inventory = await loadInventory(context);
    expect(inventory.laptop.tree).toBe(join(folder, "btsync"));
    expect(inventory.nodes).toMatchObject([
      { name: "home", user: "pi", addresses: [{ host: "home.local" }, { host: "192.0.2.7" }] },
      { name: "mom", user: "pi", addresses: [{ host: "mom.example.org" }] },
    ]);
    expect(said.questions[0]).toContain("[~/btsync]");
  });

  test("asks again for what is not in order, and says why", async () => {
    const folder = temporaryFolder();
    const answers = ["~mom/x", "/t", "", "laptop", "home", "", "pi@home", "home", "home", "", "root me", ""];
    const { context, said } = scriptedContext(folder, answers);
    await init(context, {});
    expect(said.err.split("\n").slice(0, -2)).toEqual([
      '"~mom/x": only ~ and ~/ are known, not another user\'s home',
      "this is not a node name: at most 63 of a-z, 0-9 and dashes, a dash not first",
      '"laptop": is the name of the machine that pimesh runs on; a node needs another one',
      "this is needed",
      '"pi@home": holds an @; the login name goes into user',
      '"home": is taken already',
      '"root me": is not a login name: at most 32 of A-Z a-z 0-9 . _ -, a letter or _ first',
    ]);
    expect((await loadInventory(context)).nodes).toMatchObject([{ name: "home", user: undefined }]);
  });

  test("asks only for what the flags leave open", async () => {
    const { context, said } = scriptedContext(temporaryFolder(), ["~/t"]);
    await init(context, { node: ["mom=a"], user: "pi" });
    expect(said.questions).toHaveLength(1);
  });

  test("--yes asks nothing", async () => {
    const { context, said } = scriptedContext(temporaryFolder(), []);
    expect(await init(context, { ...flags, yes: true })).toBe(0);
    expect(said.questions).toEqual([]);
  });

  test("looks for a file in the way before it asks anything", async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, "pimesh.yaml"), "mine");
    const { context, said } = scriptedContext(folder, []);
    await expect(init(context, {})).rejects.toMatchObject({ code: "E-USAGE" });
    expect(said.questions).toEqual([]);
  });
});
