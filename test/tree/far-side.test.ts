import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { makeFilter } from "../../src/tree/filter.ts";
import { farSide, type FarSide } from "../../src/tree/far-side.ts";
import type { NodeTree } from "../../src/tree/node-walk.ts";
import { keptFolders } from "../../src/ssh/kept-script.ts";
import { keptProgram } from "../../src/tree/reconcile-program.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const hashing = { key: Buffer.alloc(16), times: true };
const python = execFileSync("sh", ["-c", "PATH=/usr/bin:$PATH; command -v python3"]).toString().trim();

/** A node with a disk, whose python3 does something first. */
class FarNode {
  readonly root = temporaryFolder();
  readonly #programs = temporaryFolder();

  constructor(first: string) {
    mkdirSync(join(this.root, "media/btsync/btsync"), { recursive: true });
    mkdirSync(join(this.root, "proc/self"), { recursive: true });
    writeFileSync(this.mounts, "/dev/sda1 /media/btsync ext4 rw 0 0\n");
    const shim = `#!/bin/sh\nmounts=${this.mounts}\n${first}\nexec ${python} "$@"\n`;
    writeFileSync(join(this.#programs, "python3"), shim, { mode: 0o755 });
  }

  get mounts(): string {
    return join(this.root, "proc/self/mounts");
  }

  async side(): Promise<FarSide | undefined> {
    const tree: NodeTree = {
      connection: localConnection({ node: "mom", root: this.root, path: this.#programs }),
      tree: "/media/btsync/btsync",
      mount: "/media/btsync",
      ignoreFiles: [".stignore"],
      filter: makeFilter(),
      tools: async () => ({ find: "gnu", python: true, sortZ: true, gzip: true }),
    };
    return farSide(tree, hashing, { onProgress: () => {} });
  }
}

test("a tree is summed up, with the ignore file beside it", async () => {
  const node = new FarNode(":");
  writeFileSync(join(node.root, "media/btsync/btsync/.stignore"), "*.iso\n");
  writeFileSync(join(node.root, "media/btsync/btsync/a"), "x");
  const side = await node.side();
  expect(side?.ignoreText.toString()).toBe("*.iso\n");
  expect(await side?.next()).toMatchObject({ type: "summary", summary: { counts: { files: 1, bytes: 1 } } });
  await side?.close();
  await expect(side?.finish()).resolves.toBeUndefined();
});

test("a node that keeps the program is not sent it, and answers the same", async () => {
  const node = new FarNode(":");
  writeFileSync(join(node.root, "media/btsync/btsync/a"), "x");
  const sent = await node.side();
  expect(sent?.programBytes).toBeGreaterThan(4000);
  mkdirSync(join(node.root, keptFolders[0]), { recursive: true });
  writeFileSync(join(node.root, keptFolders[0], keptProgram.name), keptProgram.text);
  const kept = await node.side();
  expect(kept?.programBytes).toBe(0);
  expect(await kept?.next()).toMatchObject({ summary: { counts: { files: 1, bytes: 1 } } });
  await Promise.all([sent?.close(), kept?.close()]);
});

test("what was answered does not count when the disk has left meanwhile", async () => {
  const side = await new FarNode('echo >"$mounts"').side();
  expect(await side?.next()).toMatchObject({ type: "summary" });
  await side?.close();
  await expect(side?.finish()).rejects.toMatchObject({ code: "E-DISK-NOT-MOUNTED", node: "mom" });
});

test("a disk that is not mounted is said before Python starts", async () => {
  const node = new FarNode("exit 7");
  writeFileSync(node.mounts, "");
  await expect(node.side()).rejects.toMatchObject({ code: "E-DISK-NOT-MOUNTED", exitCode: 5 });
});

test("a far end that dies is an error with its last words", async () => {
  const side = await new FarNode("printf 'send\\0'; echo out of memory >&2; exit 9").side();
  const error = await side?.next().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "E-SCAN-FAILED", node: "mom" });
  expect((error as Error).message).toContain("out of memory");
});

test.each([
  ["is too old", "printf 'old\\0'; exit 0"],
  ["does not start", "echo libpython3.so: cannot open >&2; exit 127"],
])("a Python that %s is none", async (_, first) => {
  expect(await new FarNode(first).side()).toBeUndefined();
});
