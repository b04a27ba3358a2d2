import { expect, test } from "vitest";
import { verdictOfName } from "../../src/engine/artefacts.ts";
import { engines } from "../../src/engine/engines.ts";
import { compileIgnoreFile, ignoreLines } from "../../src/engine/ignore-file.ts";
import type { EngineKind } from "../../src/inventory/inventory.ts";

const kinds = Object.keys(engines) as EngineKind[];

test.each(kinds)("%s is known by its own name", (kind) => {
  expect(engines[kind].kind).toBe(kind);
});

test.each(kinds)("what %s keeps in a tree for itself never counts", (kind) => {
  const { ignoreFile, archive, artefacts } = engines[kind];
  const names = [ignoreFile, archive, ...artefacts.rootNames].map((path) => path.split("/")[0] as string);
  expect(names.filter((name) => verdictOfName(name, "root", "folder") !== "never")).toEqual([]);
});

test.each(kinds)("the processes of %s are named as the kernel cuts them", (kind) => {
  expect(engines[kind].processNames.filter((name) => Buffer.byteLength(name) > 15)).toEqual([]);
});

test.each(kinds)("%s never carries another engine's identity to the next home", (kind) => {
  const own = engines[kind].artefacts.rootNames;
  const rules = compileIgnoreFile(kind, Buffer.from(ignoreLines(kind, []).join("\n")));
  // btsync 1.4 and Resilio have the same folder: each knows it as its own.
  const others = kinds.filter((other) => engines[other].dialect !== engines[kind].dialect);
  const foreign = others.flatMap((other) => engines[other].artefacts.rootNames);
  const carried = foreign.filter((name) => !own.includes(name) && !rules.ignores(name, "folder"));
  expect(carried).toEqual([]);
});
