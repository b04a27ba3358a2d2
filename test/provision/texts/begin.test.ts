import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { nodeRoot, shells, type NodeRoot, type Shell } from "./node-root.ts";

const library = readFileSync(fileURLToPath(new URL("../../../provision/apply.sh", import.meta.url)), "utf8");
const run = "var/lib/pimesh/runs/000001-r";

function begin(root: NodeRoot, shell: Shell): string {
  root.write(
    "script",
    `LC_ALL=C
root=$PIMESH_ROOT nonce=N state=/var/lib/pimesh mount=/media/btsync uuid=u
${library}
flush() { for each in "$@"; do echo "\${each##*/}: $(cat "$each")" >>"$root/flushed"; done; }
begin r me`,
  );
  return root.run(shell, "script").stdout;
}

describe.each(shells.filter(({ there }) => there))("in $name a run begins", (shell) => {
  // Seen after a power cut: ext4 had the journal, which is forced to the disk line by line, and an empty file beside it
  test("with what it is about on the medium before it counts as begun", () => {
    const root = nodeRoot();
    expect(begin(root, shell)).toBe("N begun 000001-r\n");
    expect(root.read("flushed")).toBe("place: /media/btsync\nu\nstate.new: open\n");
  });

  test("and goes on after a cut that took all but its name", () => {
    const root = nodeRoot();
    root.write(`${run}/state`, "open\n");
    root.write(`${run}/journal`, "");
    root.write(`${run}/place`, "");
    expect(begin(root, shell)).toBe("N resumed 000001-r\n");
    expect(root.read(`${run}/place`)).toBe("/media/btsync\nu\n");
  });

  test("but not in place of a cut-off one for another disk", () => {
    const root = nodeRoot();
    root.write(`${run}/state`, "open\n");
    root.write(`${run}/journal`, "1\tfolder\t/etc/pimesh\n");
    root.write(`${run}/place`, "/media/btsync\nanother\n");
    expect(begin(root, shell)).toContain("N refused E-CHANGED-MEANWHILE");
  });
});
