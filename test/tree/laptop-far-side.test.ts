import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { makeFilter } from "../../src/tree/filter.ts";
import { laptopFarSide } from "../../src/tree/laptop-far-side.ts";
import { allGroups } from "../../src/tree/reconcile/groups.ts";
import { localSide } from "../../src/tree/reconcile/local-side.ts";
import { scanLaptop } from "../../src/tree/scan-laptop.ts";
import { temporaryFolder } from "../support/folder.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const filter = makeFilter({ ignore: ["Thumbs.db"] });
const hashing = { key: Buffer.alloc(16, 7), times: true };

function side(tree: string, signal = new AbortController().signal) {
  return laptopFarSide({ tree, filter, hashing, signal, onProgress: () => {} });
}

test("the laptop's tree is the same by python3 as it is by Node", async () => {
  const tree = temporaryFolder();
  mkdirSync(join(tree, "a"));
  for (const name of ["a/x", "a-b", "Thumbs.db", "é"]) writeFileSync(join(tree, name), name);
  const byPython = await side(tree);
  const byNode = localSide("laptop", scanLaptop({ tree, filter }), hashing);
  const [python, node] = [await byPython?.next(), await byNode.next()];
  const same = { type: "summary", summary: { count: 4, counts: { files: 3, folders: 1 } } };
  expect([python, node]).toMatchObject([same, same]);
  expect(summaryOf(python)).toEqual(summaryOf(node));
  await Promise.all([byPython?.close(), byNode.close()]);
});

test("it costs no bytes and no round trip", async () => {
  const byPython = await side(temporaryFolder());
  expect(byPython?.local).toBe(true);
  await byPython?.close();
});

test("a tree that is gone is left to whoever can say so", async () => {
  expect(await side(join(temporaryFolder(), "gone"))).toBeUndefined();
});

test("Ctrl-C ends it with the reason that was given", async () => {
  const stop = new AbortController();
  const byPython = await side(temporaryFolder(), stop.signal);
  await byPython?.next();
  const reason = new Error("interrupted");
  stop.abort(reason);
  byPython?.ask({ type: "table", size: 24, groups: allGroups });
  await expect(byPython?.next()).rejects.toThrow("interrupted");
});

/** What both have to agree on: the sums tell of every entry. */
function summaryOf(answer: unknown): unknown {
  const { summary } = answer as { summary: Record<string, unknown> };
  const { count, id, second, groups, counts, unreadable } = summary;
  return { count, id, second, groups, counts, unreadable };
}
