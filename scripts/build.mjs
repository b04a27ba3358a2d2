// dist/ from src/: the compiler's output, made afresh so that a file deleted from src is not shipped, and what that program
// says to --help, which bin/pimesh.cjs answers without it.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = run([`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"], "inherit");
process.exitCode = compiled.status ?? 1;
if (compiled.status === 0) {
  // Python and shell texts that belong to a module lie beside it and travel with it.
  cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (from) => !from.endsWith(".ts") });
  chmodSync(`${root}dist/cli.js`, 0o755);
  const help = run([`${root}dist/cli.js`, "--help"], "pipe");
  if (help.status === 0) writeFileSync(`${root}dist/help.txt`, help.stdout);
  else process.exitCode = 1;
}

function run(words, output) {
  return spawnSync(process.execPath, words, { cwd: root, stdio: ["ignore", output, "inherit"] });
}
