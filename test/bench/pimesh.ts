import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The command that is pimesh: the built package, because loading it is a part of what it costs; as its `bin` starts it. */
export function pimeshProgram(say: (text: string) => void): readonly string[] {
  const built = join(root, "dist/cli.js");
  if (!existsSync(built) || newest(join(root, "src")) > statSync(built).mtimeMs) {
    say("building dist");
    const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], {
      stdio: ["ignore", 2, 2],
    });
    if (status !== 0) {
      say("dist cannot be built: its sources run through tsx, which starts slower");
      return [process.execPath, join(root, "node_modules/.bin/tsx"), join(root, "src/cli.ts")];
    }
  }
  return [process.execPath, join(root, "bin/pimesh.cjs")];
}

function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}
