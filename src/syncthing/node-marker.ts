import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";

/**
 * Makes the marker that binds a node's tree to its disk, and takes away what would speak against it: markers of other disks, which
 * a copied disk brings along, and what Syncthing leaves of a marker when a folder is taken out of its configuration, which it
 * would send to the other homes as data [ran].
 *
 * Whoever calls it has looked before: the right disk is mounted there, with the files that the engine knows of. A marker on
 * an empty disk tells the engine that everything was deleted. `tree` is absolute, `marker` relative to it. Does I/O, as root.
 *
 * Errors: those of `Connection.run`, E-TREE-ABSENT, E-COMMAND-FAILED.
 */
export async function makeNodeMarker(
  connection: Connection,
  { tree, marker }: { readonly tree: string; readonly marker: string },
): Promise<void> {
  const { node } = connection;
  const { code, stderr } = await connection.run(
    sh`set -eu
umask 022
marker=${marker}
if [ ! -d "$root"${tree} ]; then exit 3; fi
cd "$root"${tree}
if [ -L .stfolder ]; then echo ".stfolder is a link" >&2; exit 1; fi
owner=$(stat -c %u:%g .)
for left in .stfolder.removed-*; do
  if [ ! -d "$left" ] || [ -L "$left" ]; then continue; fi
  rm -f "$left"/pimesh-* "$left"/syncthing-folder-*.txt
  rmdir "$left" 2>/dev/null || :
done
mkdir -p .stfolder
for other in .stfolder/pimesh-*; do
  if [ "$other" != "$marker" ]; then rm -f "$other"; fi
done
if [ ! -f "$marker" ]; then : >"$marker"; fi
chown "$owner" .stfolder "$marker"
sync "$marker" .stfolder 2>/dev/null || sync
`,
    { as: "root" },
  );
  if (code === 0) return;
  if (code === 3) {
    const hint = `look whether its disk is there: pimesh status ${node}`;
    throw new PimeshError("E-TREE-ABSENT", `there is no folder ${tree}`, { node, hint });
  }
  const said = stderr.toString("utf8").trim().split("\n").at(-1) ?? "";
  throw new PimeshError("E-COMMAND-FAILED", `the marker ${tree}/${marker} could not be made: ${said}`, {
    node,
    hint: `ssh ${node} ls -la ${tree}`,
  });
}
