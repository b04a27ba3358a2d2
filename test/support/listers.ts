import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Connection } from "../../src/ssh/connection.ts";
import type { NodeTools } from "../../src/tree/node-walk.ts";
import { localConnection, type LocalOptions } from "./local-connection.ts";

/** One way to walk a tree, with the shell and the tools that a node of that kind has. */
export interface ListerUnderTest {
  readonly name: string;
  readonly connection: (options?: LocalOptions) => Connection;
  readonly tools: NodeTools;
}

/** A folder of busybox's tools, and nothing else of the name, to stand first in PATH. */
export function busyboxTools(): string {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-busybox-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const busybox = execFileSync("sh", ["-c", "command -v busybox"]).toString().trim();
  for (const tool of [
    "find",
    "stat",
    "sort",
    "awk",
    "gzip",
    "readlink",
    "tr",
    "xargs",
    "sha256sum",
    "sh",
    "cat",
  ]) {
    symlinkSync(busybox, join(folder, tool));
  }
  return folder;
}

export function listers(): ListerUnderTest[] {
  const path = busyboxTools();
  const tools = { sortZ: true, gzip: true } as const;
  return [
    { name: "GNU find", connection: localConnection, tools: { ...tools, find: "gnu", python: false } },
    {
      name: "python3",
      // The system's own, should a version manager stand in its way.
      connection: (options = {}) => localConnection({ path: "/usr/bin", ...options }),
      tools: { ...tools, find: "absent", python: true },
    },
    {
      name: "busybox",
      connection: (options = {}) => localConnection({ path, shell: ["busybox", "ash"], ...options }),
      tools: { ...tools, find: "busybox", python: false },
    },
    {
      name: "GNU find without sort -z and gzip",
      connection: localConnection,
      tools: { ...tools, find: "gnu", python: false, sortZ: false, gzip: false },
    },
  ];
}
