import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Entry } from "../../../src/tree/entry.ts";
import { farEndRules } from "../../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { localSide } from "../../../src/tree/reconcile/local-side.ts";
import { reconcile } from "../../../src/tree/reconcile/run.ts";
import { streamSide, type StreamSide } from "../../../src/tree/reconcile/stream-side.ts";
import { scanLaptop } from "../../../src/tree/scan-laptop.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { farEndKey, startFarEnd } from "../../support/python-far-end.ts";
import { plant, trees, type Planned } from "../../support/random-tree.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const filter = makeFilter({ ignore: ["Thumbs.db"] });
const hashing = { key: farEndKey, times: true };
const ways = [undefined, "sketch", "ranges", "listing"] as const;

function laptop(tree: string): ReturnType<typeof localSide> {
  return localSide("laptop", scanLaptop({ tree, filter }), hashing);
}

function far(node: string, tree: string): StreamSide {
  const { process } = startFarEnd(tree);
  const { stdin, stdout } = process;
  if (!stdin || !stdout) throw new Error("no pipes");
  return streamSide({
    node,
    wire: { input: stdout, output: stdin },
    hello: { ...hashing, rules: farEndRules(filter) },
  });
}

/** What is true, by a scan of both in this process. */
async function entriesOf(tree: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const batch of scanLaptop({ tree, filter })) {
    for (const entry of batch) found.set(entry.path.toString("latin1"), record(entry as Entry));
  }
  return found;
}

function record({ path, kind, size, mtime, target }: Entry): string {
  const rest = kind === "file" ? [size, mtime] : [target?.toString("latin1")];
  return JSON.stringify([path.toString("latin1"), kind, ...rest]);
}

function alone(of: ReadonlyMap<string, string>, from: ReadonlyMap<string, string>): string[] {
  return [...of].flatMap(([path, one]) => (from.get(path) === one ? [] : one));
}

/** Some left out, some of another size. */
function changed(planned: readonly Planned[]): Planned[] {
  return planned.flatMap((one, number): Planned[] => {
    if (one.kind === "file" && number % 5 === 0) return [{ ...one, size: one.size + 1 }];
    return one.kind === "file" && number % 7 === 0 ? [] : [one];
  });
}

test("a tree here and one at a Python far end are told apart by whichever way", async () => {
  await fc.assert(
    fc.asyncProperty(trees(), fc.constantFrom(...ways), fc.boolean(), async (planned, force, relayed) => {
      const [left, right] = [temporaryFolder(), temporaryFolder()];
      plant(left, planned);
      plant(right, changed(planned));
      const [one, other] = [await entriesOf(left), await entriesOf(right)];
      const options = { hashing, ...(force ? { force } : {}) };
      const result = await reconcile(relayed ? far("home", left) : laptop(left), far("mom", right), options);
      expect(result.leftOnly.map(record)).toEqual(alone(one, other));
      expect(result.rightOnly.map(record)).toEqual(alone(other, one));
      expect(result.summaries.right.counts.files).toBe(
        [...other.values()].filter((text) => text.includes('"file"')).length,
      );
    }),
    { numRuns: 12 },
  );
});

describe("a larger tree with a few differences", () => {
  const files = 2000;
  const tree = (): string => {
    const folder = temporaryFolder();
    const planned = Array.from({ length: files }, (_, number): Planned => {
      return { path: String(number), kind: "file", size: 0, mtime: 1_000_000 };
    });
    plant(folder, planned);
    return folder;
  };

  test("takes three round trips and some kilobytes, times 1", async () => {
    const [left, right] = [tree(), tree()];
    rmSync(join(left, "17"));
    utimesSync(join(right, "400"), 5, 5);
    writeFileSync(join(right, "new"), "");
    const mom = far("mom", right);
    const result = await reconcile(laptop(left), mom, { hashing });
    expect(result).toMatchObject({ way: "sketch", roundTrips: 3, tables: [24] });
    expect(result.leftOnly.map(({ path }) => path.toString())).toEqual(["400"]);
    expect(result.rightOnly.map(({ path }) => path.toString())).toEqual(["17", "400", "new"]);
    expect(mom.traffic.sent + mom.traffic.received).toBeLessThan(2500);
  });
});

test("a far end that is killed is an error with its node", async () => {
  const { process } = startFarEnd(temporaryFolder());
  onTestFinished(() => void process.kill());
  const { stdin, stdout } = process;
  if (!stdin || !stdout) throw new Error("no pipes");
  const side = streamSide({
    node: "mom",
    wire: { input: stdout, output: stdin, lastWords: async () => "Killed\n" },
    hello: { ...hashing, rules: farEndRules(filter) },
  });
  await side.next();
  process.kill("SIGKILL");
  await expect(reconcile(laptop(temporaryFolder()), side, { hashing })).rejects.toMatchObject({
    code: "E-SCAN-FAILED",
    node: "mom",
  });
});
