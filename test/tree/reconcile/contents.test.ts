import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  openSync,
  readSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { farEndRules } from "../../../src/tree/far-end-rules.ts";
import { makeFilter } from "../../../src/tree/filter.ts";
import { hashLaptop } from "../../../src/tree/hash-laptop.ts";
import type { ContentOptions, ContentProgress } from "../../../src/tree/reconcile/contents.ts";
import { localSide } from "../../../src/tree/reconcile/local-side.ts";
import { reconcile, type Reconciled } from "../../../src/tree/reconcile/run.ts";
import type { TreeSide } from "../../../src/tree/reconcile/side.ts";
import { streamSide } from "../../../src/tree/reconcile/stream-side.ts";
import { scanLaptop } from "../../../src/tree/scan-laptop.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { farEndKey, startFarEnd } from "../../support/python-far-end.ts";
import { plant, trees, type Planned } from "../../support/random-tree.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const filter = makeFilter();
const hashing = { key: farEndKey, times: false };

interface Watched {
  readonly side: TreeSide;
  /** Bytes of files that were read. */
  read: number;
}

function laptop(tree: string): Watched {
  const hash = hashLaptop({ tree, folders: {}, signal: new AbortController().signal });
  const onHashed = (bytes: number): void => void (watched.read = bytes);
  const reader = { hash, onHashed, place: "here" };
  const watched = { side: localSide("laptop", scanLaptop({ tree, filter }), hashing, reader), read: 0 };
  return watched;
}

function far(tree: string, user?: string): TreeSide {
  const { process } = startFarEnd(tree, { program: "contents", ...(user === undefined ? {} : { user }) });
  const { stdin, stdout } = process;
  if (!stdin || !stdout) throw new Error("no pipes");
  return streamSide({
    node: "mom",
    wire: { input: stdout, output: stdin },
    hello: { ...hashing, rules: farEndRules(filter) },
    onHashed: () => {},
  });
}

async function compared(
  left: TreeSide,
  right: TreeSide,
  contents: Omit<ContentOptions, "key"> = {},
): Promise<Reconciled> {
  return reconcile(left, right, { hashing, contents });
}

function told({ contents }: Reconciled): string[] {
  return contents.map(({ left, unread }) =>
    [left.path.toString("latin1"), ...(unread ? [unread.side, unread.reason] : [])].join(" "),
  );
}

/** Another first byte whatever it was, and the same size and time. */
function rot(path: Buffer, mtime: number): void {
  const file = openSync(path, "r+");
  const first = Buffer.alloc(1);
  readSync(file, first, 0, 1, 0);
  writeSync(file, Buffer.of(first.readUInt8() ^ 0xff), 0, 1, 0);
  closeSync(file);
  utimesSync(path, mtime, mtime);
}

function twins(files: number): readonly [string, string] {
  const planned = Array.from({ length: files }, (_, index): Planned => {
    return { path: `f/${String(index).padStart(5, "0")}`, kind: "file", size: 4, mtime: 1_000_000 };
  });
  const folders = [temporaryFolder(), temporaryFolder()] as const;
  for (const folder of folders) plant(folder, [{ path: "f", kind: "folder" }, ...planned]);
  return folders;
}

const nth = (tree: string, index: number): Buffer =>
  Buffer.from(join(tree, "f", String(index).padStart(5, "0")));

test("of random trees exactly the files are found that rotted, here or at a far end", async () => {
  await fc.assert(
    fc.asyncProperty(
      trees(undefined, 40),
      fc.array(fc.boolean()),
      fc.boolean(),
      async (planned, dice, relayed) => {
        const [left, right] = [temporaryFolder(), temporaryFolder()];
        for (const tree of [left, right]) plant(tree, planned);
        const rotten = planned.filter(
          (one, index) => one.kind === "file" && one.size > 0 && dice[index] === true,
        );
        for (const one of rotten) rot(Buffer.from(`${right}/${one.path}`, "latin1"), 1_000_000);
        writeFileSync(join(left, "only left"), "x");
        const result = await compared(relayed ? far(left) : laptop(left).side, far(right));
        expect(result.leftOnly.map(({ path }) => path.toString())).toEqual(["only left"]);
        const counted = new Set<string>();
        for await (const batch of scanLaptop({ tree: left, filter }))
          for (const { path } of batch) counted.add(path.toString("latin1"));
        expect(told(result)).toEqual(
          rotten
            .map(({ path }) => path)
            .filter((path) => counted.has(path))
            .toSorted(),
        );
        for (const tree of [left, right]) rmSync(tree, { recursive: true });
      },
    ),
    { numRuns: 8 },
  );
});

test("two files that have changed places differ both", async () => {
  const [left, right] = twins(3);
  writeFileSync(nth(left, 0), "aaaa");
  writeFileSync(nth(right, 1), "aaaa");
  writeFileSync(nth(left, 1), "bbbb");
  writeFileSync(nth(right, 0), "bbbb");
  expect(told(await compared(laptop(left).side, far(right)))).toEqual(["f/00000", "f/00001"]);
});

test("a far end reads files at the end of paths longer than the system takes", async () => {
  const folders = [temporaryFolder(), temporaryFolder()] as const;
  const name = "n".repeat(250);
  const make = `for i in $(seq 20); do mkdir ${name}; cd -P ${name} 2>/dev/null || cd ${name}; done; echo "$1" >f; touch -d @5 f`;
  try {
    folders.forEach((cwd, index) => execFileSync("sh", ["-c", make, "sh", String(index)], { cwd }));
    expect(told(await compared(far(folders[0]), far(folders[1])))).toEqual([`${`${name}/`.repeat(20)}f`]);
  } finally {
    for (const folder of folders) execFileSync("rm", ["-rf", join(folder, name)]);
  }
});

describe("what cannot be read is told, and is never the same", () => {
  test("a file that may not be read", async () => {
    const [left, right] = twins(2);
    chmodSync(right, 0o755);
    rmSync(nth(right, 1));
    writeFileSync(nth(right, 1), "xxxx", { mode: 0 });
    expect(told(await compared(laptop(left).side, far(right, "65534")))).toEqual(["f/00001 right EACCES"]);
  });

  test("a file that is longer than it was when the tree was read", async () => {
    const [left, right] = twins(2);
    const mine = laptop(left);
    const grown: TreeSide = {
      ...mine.side,
      async next() {
        const answer = await mine.side.next();
        if (answer.type === "summary") writeFileSync(nth(left, 1), "longer than before");
        return answer;
      },
    };
    expect(told(await compared(grown, far(right)))).toEqual(["f/00001 left it changed while it was read"]);
  });
});

/** As it was kept after so many parts. */
async function cutAfter(parts: number, left: string, right: string): Promise<ContentProgress> {
  let kept: ContentProgress = { milestones: [], findings: [] };
  const onProgress = async (progress: ContentProgress): Promise<void> => {
    if (progress.milestones.length <= parts)
      kept = { milestones: [...progress.milestones], findings: [...progress.findings] };
  };
  await compared(laptop(left).side, far(right), { onProgress });
  return kept;
}

describe("a comparison that was cut off", () => {
  test("goes on where it was, and what it had found is told again", async () => {
    const [left, right] = twins(1000);
    for (const index of [3, 990]) rot(nth(right, index), 1_000_000);
    const earlier = await cutAfter(2, left, right);
    expect(earlier.milestones).toHaveLength(2);
    const mine = laptop(left);
    const result = await compared(mine.side, far(right), { earlier });
    expect(told(result)).toEqual(["f/00003", "f/00990"]);
    // 4 bytes each: two of six parts need not be read again.
    expect(mine.read).toBeGreaterThan(2000);
    expect(mine.read).toBeLessThan(3000);
  });

  test("begins anew at the first part in which a file has another time", async () => {
    const [left, right] = twins(1000);
    const earlier = await cutAfter(4, left, right);
    rot(nth(left, 200), 1_000_001);
    rot(nth(left, 700), 1_000_000);
    const mine = laptop(left);
    const result = await compared(mine.side, far(right), { earlier });
    expect(told(result)).toEqual(["f/00200", "f/00700"]);
    expect(mine.read).toBeGreaterThan(3000);
  });

  test("reads nothing when it had come to its end", async () => {
    const [left, right] = twins(300);
    rot(nth(right, 3), 1_000_000);
    const earlier = await cutAfter(99, left, right);
    const mine = laptop(left);
    expect(told(await compared(mine.side, far(right), { earlier }))).toEqual(["f/00003"]);
    expect(mine.read).toBe(0);
  });

  test("starts from nothing on another disk", async () => {
    const [left, right] = twins(300);
    const earlier = await cutAfter(99, left, right);
    const hash = hashLaptop({ tree: left, folders: {}, signal: new AbortController().signal });
    let read = 0;
    const onHashed = (bytes: number): void => void (read = bytes);
    const reader = { hash, onHashed, place: "elsewhere" };
    const moved = localSide("laptop", scanLaptop({ tree: left, filter }), hashing, reader);
    await compared(moved, far(right), { earlier });
    expect(read).toBe(1200);
  });
});

test("a far end whose numbers do not sum up is not believed", async () => {
  const [left, right] = twins(2);
  rot(nth(right, 1), 1_000_000);
  const honest = far(right);
  const lying: TreeSide = {
    ...honest,
    async next() {
      const answer = await honest.next();
      return answer.type === "content-numbers" ? { ...answer, numbers: [1n, 2n] } : answer;
    },
  };
  await expect(compared(laptop(left).side, lying)).rejects.toMatchObject({ code: "E-SCAN-FAILED" });
});
