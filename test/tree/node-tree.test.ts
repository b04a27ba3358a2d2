import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Node } from "../../src/inventory/inventory.ts";
import { askTools, nodeTree } from "../../src/tree/node-tree.ts";
import { temporaryFolder } from "../support/folder.ts";
import { busyboxTools } from "../support/listers.ts";
import { localConnection } from "../support/local-connection.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const busybox = busyboxTools();

test("a Debian machine lists by GNU find, and answers questions by python3", async () => {
  const tools = await askTools(localConnection());
  expect(tools).toMatchObject({ find: "gnu", sortZ: true, gzip: true, python: true });
});

test("a busybox machine lists by its find and stat, or by python3 where that is", async () => {
  const tools = await askTools(localConnection({ path: busybox, shell: ["busybox", "ash"] }));
  expect(tools).toMatchObject({ find: "busybox", sortZ: true, gzip: true, python: true });
});

test("tools that are there but cannot do it are not counted on", async () => {
  const broken = temporaryFolder();
  for (const name of ["find", "python3", "sort"]) {
    writeFileSync(join(broken, name), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  }
  const tools = await askTools(localConnection({ path: broken }));
  expect(tools).toMatchObject({ find: "absent", sortZ: false, python: false });
});

test("swap file, own folder and lost+found are no part of a tree that is the whole disk", () => {
  const node = { disk: { label: "x", mount: "/disk" }, tree: ".", engine: "syncthing" } as Node;
  const whole = nodeTree(localConnection(), node, { ignore: [] });
  expect(whole.filter.outside).toEqual(["swapfile", ".pimesh", "lost+found"]);
  const below = nodeTree(localConnection(), { ...node, tree: "btsync" }, { ignore: [] });
  expect(below).toMatchObject({ tree: "/disk/btsync", mount: "/disk", ignoreFiles: [".stignore"] });
  expect(below.filter.outside).toEqual([]);
});
