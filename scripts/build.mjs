// dist/ from src/: the compiler's output alone, made afresh so that a file deleted from src is not shipped.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
if (status === 0) {
  // Python and shell texts that belong to a module lie beside it and travel with it.
  cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (from) => !from.endsWith(".ts") });
  chmodSync(`${root}dist/cli.js`, 0o755);
}
process.exitCode = status ?? 1;
