import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { diff } from "../../src/commands/diff.ts";
import { provision } from "../../src/commands/provision.ts";
import { status } from "../../src/commands/status.ts";
import { trust } from "../../src/commands/trust.ts";
import { asRoot } from "../../src/demo/pi.ts";
import { openReach, type Reach } from "../../src/ssh/reach.ts";
import { canStartDropbear, startDropbear } from "../support/dropbear-server.ts";
import { temporaryFolder } from "../support/folder.ts";
import { startOpenSsh, type RealServer } from "../support/openssh-server.ts";
import { requires } from "../support/requires.ts";
import { rsyncDiff } from "../support/rsync-diff.ts";
import { simulatedPi } from "../support/simulated-pi.ts";
import { testContext } from "../support/test-context.ts";

vi.setConfig({ testTimeout: 180_000 });

describe.runIf(requires("sshd", "ssh-keygen", "rsync"))("behind a real OpenSSH server", () => {
  mainJob(startOpenSsh);
});

describe.runIf(canStartDropbear() && requires("rsync"))("behind a real Dropbear", () => {
  mainJob(startDropbear);
});

/** The whole of it, from an unknown host key to the diff, on a simulated Pi that a real SSH server stands before. */
function mainJob(start: (options: { root: string; path: string }) => Promise<RealServer>): void {
  test("a Pi is refused until trusted, then provisioned, counted as find does and compared as rsync does", async () => {
    const pi = await simulatedPi();
    const server = await start({ root: pi.root, path: join(pi.root, ".sim/bin") });
    onTestFinished(() => server.stop());
    const { context, said, laptopTree } = laptopBefore(server);
    const tree = join(pi.root, "media/btsync/btsync");

    expect(await provision(context, ["mom"], { yes: true })).toBe(3);
    expect(said.err).toContain("E-HOST-KEY-UNKNOWN");
    expect(server.log()).not.toMatch(/Accepted|Failed|auth succeeded/);

    expect(await trust(context, ["mom"], { yes: true })).toBe(0);
    expect(await provision(context, ["mom"], { yes: true })).toBe(0);
    expect(await provision(context, ["mom"], { dryRun: true })).toBe(0);

    fill(tree, "mom");
    said.out = "";
    expect(await status(context, [], { json: true, fresh: true })).toBe(1);
    const node = JSON.parse(said.out).nodes[0];
    expect({ files: node.files, bytes: node.bytes }).toEqual(findCounts(tree));

    said.out = "";
    expect(await diff(context, "laptop", "mom", { json: true })).toBe(1);
    const ours = JSON.parse(said.out).differences.map(differenceOf);
    expect(ours.toSorted()).toEqual(rsyncDiff(laptopTree, tree).filter(isOfTheTree).toSorted());

    // What has come since the provision is not in the index, until that is made anew
    said.out = "";
    expect(await diff(context, "laptop", "mom", { json: true, cached: true })).toBe(1);
    expect(JSON.parse(said.out).summary.rightFiles).toBe(3);
    rmSync(join(pi.root, "media/btsync/.pimesh/index-summary.json"));
    await asRoot(pi, "systemctl", ["start", "pimesh-index.service"]);
    said.out = "";
    expect(await diff(context, "laptop", "mom", { json: true, cached: true })).toBe(1);
    const { differences, rightIndex } = JSON.parse(said.out);
    expect(differences.map(differenceOf).toSorted()).toEqual(ours.toSorted());
    expect(rightIndex.ageSeconds).toBeLessThan(600);
  });
}

/** A laptop with a home, a state and an ssh configuration of its own, and a tree of odd names. */
function laptopBefore(server: RealServer) {
  const folder = temporaryFolder();
  const laptopTree = join(folder, "tree");
  fill(laptopTree, "laptop");
  const { host, port, user, identity } = server;
  writeFileSync(
    join(folder, "pimesh.yaml"),
    `laptop: { tree: ${laptopTree} }
nodes:
  mom: { address: "${host}:${port}", user: ${user}, identity: ${identity.file} }
ignore: [.DS_Store]
`,
  );
  let reach: Reach | undefined;
  // Without OpenSSH on PATH the inventory alone decides: the user's own known_hosts stays out of it
  const env = { HOME: folder, PATH: join(folder, "empty") };
  const made = testContext(folder, async (node, inventory) => {
    const { stateFolder, home, prompt, signal } = made.context;
    reach ??= openReach({ inventory, stateFolder, env, home, prompt, signal });
    return reach.connect(node);
  });
  onTestFinished(() => reach?.[Symbol.asyncDispose]());
  return { context: { ...made.context, env }, said: made.said, laptopTree };
}

/** Much the same on both sides; some of it only here, some of it changed. */
function fill(tree: string, side: "laptop" | "mom"): void {
  const time = 1_700_000_000;
  const put = (name: string | Buffer, text: string, mtime = time): void => {
    const path = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(name)]);
    mkdirSync(path.subarray(0, path.lastIndexOf("/")), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, mtime, mtime);
  };
  for (const name of [
    "a b",
    "it's",
    'quo"te',
    "new\nline",
    "-rf",
    "photos/🍓.jpg",
    "photos/é.jpg",
    "a-b",
    "a/x",
    "$(id)",
  ]) {
    put(name, "same");
  }
  put(Buffer.from([0x70, 0xff, 0xfe]), "bytes that are no UTF-8");
  put(`${"n".repeat(251)}.txt`, "long");
  put("music/.DS_Store", side);
  put(`only ${side}.txt`, "x");
  put("other size", side === "laptop" ? "1" : "22");
  put("other time", "t", side === "laptop" ? time : time + 60);
}

/** What find says, without what never counts: the ignore file and what the rules name. */
function findCounts(tree: string): { files: number; bytes: number } {
  const sizes = execFileSync(
    "find",
    [tree, "-type", "f", "!", "-name", ".DS_Store", "!", "-path", `${tree}/.stignore`, "-printf", "%s\n"],
    { encoding: "utf8" },
  );
  const numbers = sizes.trim().split("\n").map(Number);
  return { files: numbers.length, bytes: numbers.reduce((sum, size) => sum + size, 0) };
}

function differenceOf(difference: { path: string; pathBase64?: string; kind: string }): string {
  const { path, pathBase64, kind } = difference;
  const bytes = pathBase64 === undefined ? Buffer.from(path) : Buffer.from(pathBase64, "base64");
  return `${kind} ${bytes.toString("latin1")}`;
}

/** rsync knows neither our ignore rules nor the engine's own files. */
function isOfTheTree(line: string): boolean {
  return !line.endsWith(".DS_Store") && !line.endsWith(" .stignore");
}
