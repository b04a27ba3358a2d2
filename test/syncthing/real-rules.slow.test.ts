import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { requires } from "../support/requires.ts";
import { contents, makeMesh, put, same, scan, until, type Member } from "./support/mesh.ts";

// Real processes that start and hash, on machines that may have better things to do.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/*
 * What pausing a family is not needed for: a home that cannot be reached goes on by its old rules while the others have new ones, and
 * nobody loses a file by that. Should one of these fail, `quietFamily` may stop nobody no longer.
 */
describe.runIf(requires("syncthing"))("two homes with different ignore rules", () => {
  const { ready } = makeMesh(["home", "mom"]);
  let home: Member;
  let mom: Member;
  beforeAll(async () => {
    const mesh = await ready();
    [home, mom] = [mesh.member("home"), mesh.member("mom")];
    put(home.tree, { "2019/a.jpg": "a", "cache/b.jpg": "b", "cache/c.jpg": "c" });
    for (const member of [home, mom]) await mesh.provision(member);
    await until("mom has all", () => (same(contents(mom.tree), contents(home.tree)) ? true : undefined));
  });

  test("keep what only one of them ignores, at both", async () => {
    const before = contents(home.tree);
    put(mom.tree, { ".stignore": "cache\n" });
    await bothTalk("after the rule.jpg");
    expect(contents(home.tree)).toMatchObject(before);
    expect(contents(mom.tree)).toMatchObject(before);
  });

  test("lose nothing that the other has deleted meanwhile", async () => {
    rmSync(join(home.tree, "cache/b.jpg"));
    await bothTalk("after the deletion.jpg");
    expect(contents(mom.tree)).toHaveProperty("cache/b.jpg");
  });

  test("are one again when the rule goes: what was hidden is in a tree or in the trash", async () => {
    put(home.tree, { "cache/d.jpg": "d" });
    put(mom.tree, { ".stignore": "\n" });
    await bothTalk("after the rule has gone.jpg");
    await until("both have the same", () =>
      same(contents(mom.tree), contents(home.tree)) ? true : undefined,
    );
    expect(contents(mom.tree)).toMatchObject(contents(home.tree));
    for (const name of ["2019/a.jpg", "cache/c.jpg", "cache/d.jpg"])
      expect(contents(mom.tree)).toHaveProperty([name]);
    // 1.19.2 takes it for new: it comes back at the home that has deleted it
    const kept = [join(mom.tree, "cache/b.jpg"), join(mom.tree, ".stversions/cache/b.jpg")];
    expect(kept.some((path) => existsSync(path))).toBe(true);
  });

  /** A file goes each way: whatever either has to tell the other has been told. */
  async function bothTalk(name: string): Promise<void> {
    for (const [from, to] of [
      [mom, home],
      [home, mom],
    ] as const) {
      put(from.tree, { [`${from.name} ${name}`]: name });
      await scan(from);
      await scan(to);
      await until(`${to.name} has heard`, () =>
        existsSync(join(to.tree, `${from.name} ${name}`)) ? true : undefined,
      );
    }
  }
});
