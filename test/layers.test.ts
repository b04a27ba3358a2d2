import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Which layers a layer may import, types included; itself always. The reason of each line stands in DESIGN 9 / CONTRIBUTING. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  state: ["core"],
  inventory: ["core"],
  ssh: ["core", "inventory", "state"],
  facts: ["core", "inventory", "ssh", "engine"],
  engine: ["core", "inventory"],
  tree: ["core", "inventory", "ssh", "engine", "state"],
  history: ["core", "state"],
  health: ["core", "inventory", "facts", "tree", "engine", "history"],
  provision: ["core", "inventory", "ssh", "facts", "engine", "health", "tree", "syncthing"],
  syncthing: ["core", "inventory", "ssh", "engine", "state"],
  btsync: ["core", "inventory", "ssh", "engine"],
  disk: ["core", "inventory", "ssh", "facts", "engine", "provision"],
  fleet: ["core"],
  report: ["core", "inventory", "facts", "tree", "health", "history", "provision", "disk", "syncthing"],
  render: ["core", "report"],
  demo: ["core", "inventory", "ssh", "engine", "commands"],
  commands: [
    "core",
    "inventory",
    "ssh",
    "facts",
    "tree",
    "engine",
    "health",
    "history",
    "provision",
    "disk",
    "syncthing",
    "btsync",
    "fleet",
    "report",
    "render",
    "demo",
  ],
};

/** Each package has one home, so that the day it has to go it goes from one room. */
const homes: Readonly<Record<string, readonly string[]>> = {
  ssh2: ["ssh", "demo"],
  commander: ["program.ts"],
  yaml: ["inventory"],
  zod: ["inventory", "history", "facts", "tree", "syncthing", "btsync"],
  "p-map": ["fleet"],
  "cli-table3": ["render"],
  diff: ["provision"],
};

const purePlaces = ["core", "health", "report", "engine"];

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly target: string;
}

const imports = sourceFiles(source).flatMap(importsOf);

describe("layers", () => {
  test("the check sees the source files and their imports", () => {
    expect(sourceFiles(source).length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  test("a layer imports only the layers below it", () => {
    const wrong = imports.filter(({ layer, target }) => {
      if (!target.startsWith("/")) return false;
      const other = layerOf(target);
      return other !== layer && allowed[layer] !== undefined && !allowed[layer].includes(other);
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test("every folder of src has a line in the table", () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  test("a package is imported in its own home alone", () => {
    const wrong = imports.filter(({ layer, target }) => {
      if (target.startsWith("/") || target.startsWith("node:")) return false;
      const name = target.split("/")[0] as string;
      return !(homes[name] ?? []).includes(layer);
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  test("pure layers do no input or output", () => {
    const wrong = imports.filter(
      ({ layer, target }) => purePlaces.includes(layer) && target.startsWith("node:"),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/** Static, type-only, re-exporting and dynamic imports, and `import("…").Type`. */
function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const specifiers = [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)["']([^"']+)["']/g)].map(
    (match) => match[1] as string,
  );
  return specifiers.map((specifier) => ({
    file,
    layer: layerOf(file),
    target: specifier.startsWith(".") ? resolve(dirname(file), specifier) : specifier,
  }));
}

function layerOf(path: string): string {
  return relative(source, path).split("/")[0] as string;
}

function describeImport({ file, target }: Import): string {
  return `${relative(source, file)} imports ${target.startsWith("/") ? relative(source, target) : target}`;
}
