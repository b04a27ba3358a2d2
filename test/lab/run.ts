// `npm run test:lab`: the tests on virtual Pis. Installs what it needs from Debian's packages, makes the images when they are
// not there, runs the tests and leaves nothing running. Options:
//   --full         every round that the guarantees were proven with, not just a few (an hour or two)
//   --rounds N     N rounds of each
//   --seed N       the random moments of an earlier run again
//   --setup        the images alone
// What else is given goes to vitest: names of files, -t 'a title'.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { endMachines } from "./support/end-machines.ts";
import { ensureImage } from "./support/images.ts";
import { recipes } from "./support/recipe.ts";

const packages: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  debootstrap: "debootstrap",
  "mkfs.ext4": "e2fsprogs",
  sfdisk: "fdisk",
  "mkfs.vfat": "dosfstools",
  ssh: "openssh-client",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    rounds: { type: "string" },
    seed: { type: "string" },
    setup: { type: "boolean", default: false },
    testNamePattern: { type: "string", short: "t" },
  },
});

process.env["PATH"] = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
process.exitCode = await main();

async function main(): Promise<number> {
  if (!ready()) return 1;
  for (const { name } of Object.values(recipes)) await ensureImage(name, say);
  if (values.setup) return 0;
  const run = mkdtempSync(join(tmpdir(), "pimesh-lab-run-"));
  try {
    return (
      spawnSync("npx", vitestArguments(), { stdio: "inherit", env: { ...process.env, ...settings(run) } })
        .status ?? 1
    );
  } finally {
    endMachines(run);
    rmSync(run, { recursive: true, force: true });
  }
}

/** Everything is there, or could be installed; else says what is missing. */
function ready(): boolean {
  const missing = Object.keys(packages).filter((program) => !isThere(program));
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) say("the lab needs root: debootstrap makes its images (sudo npm run test:lab)");
  if (missing.length === 0) return isRoot;
  const names = [...new Set(missing.map((program) => packages[program] as string))];
  if (isRoot && isThere("apt-get")) {
    say(`installing ${names.join(", ")}`);
    const install = "apt-get update -q && apt-get install -y -q --no-install-recommends";
    for (let attempt = 1; attempt <= 3; attempt++) {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      if (
        spawnSync("/bin/sh", ["-c", `${install} ${names.join(" ")}`], { stdio: "inherit", env }).status === 0
      )
        return true;
    }
  }
  say(`missing: ${missing.join(", ")} (Debian packages ${names.join(", ")})`);
  return false;
}

function isThere(program: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'command -v "$0" >/dev/null', program]).status === 0;
}

function settings(run: string): Record<string, string> {
  return {
    PIMESH_LAB_RUN: run,
    ...(values.full ? { PIMESH_LAB_FULL: "1" } : {}),
    ...(values.rounds === undefined ? {} : { PIMESH_LAB_ROUNDS: values.rounds }),
    ...(values.seed === undefined ? {} : { PIMESH_LAB_SEED: values.seed }),
  };
}

/** Two files at a time: each has one emulated processor that works and a laptop that waits for it. */
function vitestArguments(): string[] {
  return [
    "vitest",
    "run",
    "--dir",
    "test/lab",
    "--maxWorkers=2",
    "--reporter=./test/lab/support/reporter.ts",
    "--reporter=default",
    // Milliseconds; bounds against a hang, many times what is usual
    `--testTimeout=${values.full ? 14_400_000 : 1_800_000}`,
    "--hookTimeout=900000",
    ...(values.testNamePattern === undefined ? [] : ["-t", values.testNamePattern]),
    ...(positionals.length === 0 ? ["lab.test"] : positionals),
  ];
}

function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
