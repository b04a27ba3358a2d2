// Runs `npm ci` when node_modules is missing or does not hold what package-lock.json says, so that the README's
// commands need no set-up step of their own. Install scripts are left out: ssh2's optional native add-ons would want
// a compiler, and the pure JavaScript in their place is fast enough.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
if (!isFresh()) {
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  process.exitCode = status ?? 1;
}

/** npm keeps what it has installed in node_modules/.package-lock.json; platform packages it skipped are optional. */
function isFresh() {
  try {
    const wanted = packages("package-lock.json");
    const installed = packages("node_modules/.package-lock.json");
    return Object.entries(wanted).every(
      ([path, entry]) =>
        path === "" || installed[path]?.version === entry.version || (entry.optional && !installed[path]),
    );
  } catch {
    return false;
  }
}

function packages(file) {
  return JSON.parse(readFileSync(new URL(file, root), "utf8")).packages;
}
