import { describe, expect, test } from "vitest";
import { whoIsWho } from "../../src/syncthing/who-is-who.ts";

const names = new Set(["home", "mom", "grandma", "laptop"]);
const home = { name: "home", self: "HOME" };
const mom = { name: "mom", self: "MOM" };

test("who is heard now goes before who was heard earlier", () => {
  expect(whoIsWho([home, mom], { mom: "OLD", grandma: "GRANDMA" }, names)).toEqual({
    ids: { home: "HOME", mom: "MOM", grandma: "GRANDMA" },
    record: { home: "HOME", mom: "MOM", grandma: "GRANDMA" },
    twins: new Map(),
  });
});

test("two disks that have changed places are no twins", () => {
  const heard = [
    { name: "home", self: "MOM" },
    { name: "mom", self: "HOME" },
  ];
  expect(whoIsWho(heard, { home: "HOME", mom: "MOM" }, names).twins.size).toBe(0);
});

test("a home that was renamed is nobody's twin", () => {
  expect(whoIsWho([mom], { mum: "MOM" }, names)).toMatchObject({ ids: { mom: "MOM" }, twins: new Map() });
});

describe("two homes with the same keys", () => {
  const copy = { name: "grandma", self: "MOM" };

  test("are both as good as never heard, and the others are not", () => {
    const { ids, twins } = whoIsWho([home, mom, copy], {}, names);
    expect(ids).toEqual({ home: "HOME" });
    expect([...twins]).toEqual([
      ["mom", { of: "grandma", heard: "now", isOriginal: false }],
      ["grandma", { of: "mom", heard: "now", isOriginal: false }],
    ]);
  });

  test("leave the record as it was, which tells the copy", () => {
    const before = { mom: "MOM", grandma: "GRANDMA" };
    const { record, twins } = whoIsWho([home, mom, copy], before, names);
    expect(record).toEqual({ ...before, home: "HOME" });
    expect(twins.get("mom")?.isOriginal).toBe(true);
    expect(twins.get("grandma")?.isOriginal).toBe(false);
  });

  test("are found, too, when only one of them is asked", () => {
    const { ids, twins } = whoIsWho([copy], { mom: "MOM", grandma: "GRANDMA" }, names);
    expect(ids).toEqual({});
    expect(twins.get("grandma")).toEqual({ of: "mom", heard: "earlier", isOriginal: false });
  });

  test("may be three", () => {
    const third = { name: "home", self: "MOM" };
    expect([...whoIsWho([mom, copy, third], {}, names).twins.keys()]).toEqual(["mom", "grandma", "home"]);
  });
});
