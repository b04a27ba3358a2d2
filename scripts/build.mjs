// dist/ from src/: one program in a few files, made afresh so that nothing deleted from src is shipped, and what that program says
// to --help, which bin/pimesh.cjs answers without it. Three hundred files of a module each took as long to load as all the rest of a
// start. Types are checked elsewhere.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ["src/cli.ts"],
  outdir: "dist",
  bundle: true,
  // What only one command needs is loaded by that command
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.19",
  plugins: [{ name: "own places", setup: keepOwnPlaces }],
});
// Python and shell texts that belong to a module are found where they lie beside it
cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (from) => !from.endsWith(".ts") });
const help = spawnSync(process.execPath, [`${root}dist/cli.js`, "--help"], {
  stdio: ["ignore", "pipe", "inherit"],
});
if (help.status === 0) writeFileSync(`${root}dist/help.txt`, help.stdout);
else process.exitCode = 1;

/** A module goes on to look for its files beside itself, wherever its code has gone. */
function keepOwnPlaces({ onLoad }) {
  onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
    const own = JSON.stringify(
      `./${relative(`${root}src`, path).replaceAll("\\", "/").replace(/ts$/, "js")}`,
    );
    const text = readFileSync(path, "utf8");
    return {
      contents: text.replaceAll("import.meta.url", `new URL(${own}, import.meta.url).href`),
      loader: "ts",
    };
  });
}
