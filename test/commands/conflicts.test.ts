import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { conflictsOf, type ConflictsOptions } from "../../src/commands/conflicts.ts";
import { Fleet, put } from "../support/diff-fleet.ts";

vi.setConfig({ testTimeout: 60_000 });

const copy = "letters/to mom.sync-conflict-20260102-030405-P56IOI7.txt";
const momsId = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2";

async function conflicts(fleet: Fleet, names: readonly string[] = [], options: ConflictsOptions = {}) {
  return fleet.run(async (context) => conflictsOf(context, fleet.inventory(), names, options));
}

function everywhere(fleet: Fleet, path: string, text: string): void {
  for (const tree of [fleet.laptop, fleet.tree("mom"), fleet.tree("grandma")]) put(join(tree, path), text);
}

test("a family without any is told so, with exit code 0", async () => {
  const fleet = new Fleet();
  everywhere(fleet, "letters/to mom.txt", "dear mom");
  expect(await conflicts(fleet)).toEqual({
    code: 0,
    out: "# laptop, mom, grandma: no conflict copies\n",
    err: "",
  });
});

test("a copy that all homes have is one row, with whose edit it is and the commands that settle it", async () => {
  const fleet = new Fleet();
  everywhere(fleet, copy, "dear mom!");
  put(
    join(fleet.folder, "state/devices.json"),
    JSON.stringify({ schemaVersion: 1, devices: { mom: momsId } }),
  );
  const { code, out } = await conflicts(fleet);
  expect(code).toBe(1);
  expect(out).toMatch(/^mom +9B +laptop,mom,grandma +letters/m);
  expect(out).toContain(`#   try: mv -- '${fleet.laptop}/${copy}' '${fleet.laptop}/letters/to mom.txt'\n`);
  expect(fleet.opened).toBe(0);
});

test("copies of one home alone, and another edit under the same name, are rows of their own", async () => {
  const fleet = new Fleet();
  put(join(fleet.tree("mom"), copy), "mom's");
  put(join(fleet.tree("grandma"), copy), "grandma's");
  const { out } = await conflicts(fleet, [], { json: true });
  const document = JSON.parse(out) as { conflicts: { homes: string[]; original: string; editedBy: null }[] };
  expect(document.conflicts.map(({ homes, original, editedBy }) => ({ homes, original, editedBy }))).toEqual([
    { homes: ["mom"], original: "letters/to mom.txt", editedBy: null },
    { homes: ["grandma"], original: "letters/to mom.txt", editedBy: null },
  ]);
});

test("only the named homes are asked", async () => {
  const fleet = new Fleet();
  everywhere(fleet, copy, "x");
  const { out } = await conflicts(fleet, ["grandma"], { json: true });
  expect((JSON.parse(out) as { homes: { name: string }[] }).homes.map(({ name }) => name)).toEqual([
    "grandma",
  ]);
});

test("a disk that is not there is a failure of that home, and the others are told all the same", async () => {
  const fleet = new Fleet();
  everywhere(fleet, copy, "x");
  fleet.mount("mom", false);
  const { code, out, err } = await conflicts(fleet);
  expect(code).toBe(5);
  expect(out).toContain("laptop,grandma");
  expect(err).toContain("E-DISK-NOT-MOUNTED");
});
