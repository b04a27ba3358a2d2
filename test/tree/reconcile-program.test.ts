import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { farEnd } from "../../src/tree/far-end.ts";
import { keptProgram, reconcileProgram } from "../../src/tree/reconcile-program.ts";
import { temporaryFolder } from "../support/folder.ts";
import { pythonPath } from "../support/python-far-end.ts";

// Many processes are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

function python(program: string, input: string | Buffer, words: readonly string[] = []) {
  return spawnSync("python3", ["-IS", "-c", program, ...words], { input, env: { PATH: pythonPath } });
}

const parts = readdirSync(new URL("../../src/tree/far-end", import.meta.url)).filter((name) =>
  name.endsWith(".py"),
);

test.each(parts)("%s holds nothing that Python 3.5 does not know", (part) => {
  const check = "import ast, sys; ast.parse(sys.stdin.buffer.read(), feature_version=(3, 5))";
  expect(python(check, farEnd(part)).stderr.toString()).toBe("");
  // The check is one.
  expect(python(check, 'f"{part}"').status).not.toBe(0);
});

describe.each([
  ["tree", ["walk.py", "pack.py", "fingerprints.py", "serve.py"]],
  ["index", ["walk.py", "pack.py", "fingerprints.py", "unpack.py", "serve.py"]],
  ["contents", ["walk.py", "pack.py", "fingerprints.py", "content.py", "serve.py"]],
] as const)("the program that reads a %s", (from, sources) => {
  test("does what its sources do: only words for the reader are left out", () => {
    const dump = `
import ast, sys
tree = ast.parse(sys.stdin.buffer.read())
for node in ast.walk(tree):
    body = getattr(node, "body", None)
    if isinstance(body, list):
        node.body = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
print(ast.dump(tree))`;
    const sent = python(dump, inflateSync(reconcileProgram(from).packed)).stdout.toString();
    expect(sent.length).toBeGreaterThan(10_000);
    expect(sent === python(dump, farEnd(...sources)).stdout.toString()).toBe(true);
  });

  test("is small", () => {
    const { bootstrap, packed } = reconcileProgram(from);
    expect(packed.length + bootstrap.length).toBeLessThan(9000);
  });
});

describe("the bootstrap", () => {
  const { bootstrap, packed } = reconcileProgram();

  test("runs nothing in a Python before 3.5, and says so", () => {
    const past = `import sys\nsys.version_info = (3, 4, 9)\n${bootstrap}`;
    const { status, stdout } = python(past, packed, ["/absent"]);
    expect([status, stdout.toString()]).toEqual([0, "old\0"]);
  });

  test("runs nothing that is damaged", () => {
    const damaged = Buffer.from(packed);
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    const { status, stdout, stderr } = python(bootstrap, damaged);
    expect([status, stdout.toString(), stderr.toString()]).toEqual([
      1,
      "",
      "the program did not arrive whole\n",
    ]);
  });

  test("runs what the node keeps when it is the very program, and asks for it else", () => {
    const folder = temporaryFolder();
    const kept = join(folder, keptProgram.name);
    const run = (input: Buffer) =>
      python(bootstrap, input, [join(folder, "absent"), kept]).stdout.toString("latin1");
    const refusal = "\0\0\0\x13Xa frame of 0 bytes";
    expect(run(Buffer.concat([packed, Buffer.alloc(4)]))).toBe(`send\0${refusal}`);
    writeFileSync(kept, `${keptProgram.text}\n`);
    expect(run(Buffer.concat([packed, Buffer.alloc(4)]))).toBe(`send\0${refusal}`);
    writeFileSync(kept, keptProgram.text);
    expect(run(Buffer.alloc(4))).toBe(`kept\0${refusal}`);
  });

  test("runs nothing that is cut off", () => {
    const { status, stderr } = python(bootstrap, packed.subarray(0, -1));
    expect([status, stderr.toString()]).toEqual([1, "the program did not arrive whole\n"]);
  });

  test("leaves what comes behind the program to the program", () => {
    // Frames are behind it in the same write; an empty one is answered.
    const { status, stdout } = python(bootstrap, Buffer.concat([packed, Buffer.alloc(4)]));
    expect([status, stdout.toString("latin1")]).toEqual([1, "\0\0\0\x13Xa frame of 0 bytes"]);
  });

  test("is one word for a shell, and short enough for any", () => {
    expect(bootstrap.length).toBeLessThan(700);
    expect(execFileSync("sh", ["-c", 'printf %s "$1"', "sh", bootstrap]).toString()).toBe(bootstrap);
  });
});
