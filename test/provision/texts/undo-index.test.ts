import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { momsNode, mounts, shells, uuid, type NodeRoot, type Shell } from "./node-root.ts";

const library = readFileSync(
  join(fileURLToPath(new URL("../../../provision/", import.meta.url)), "apply.sh"),
  "utf8",
);
const place = "media/btsync/.pimesh";
const names = ["index", "index-summary.json", "index.new", "index-summary.new"];

/** `index_start` leaves what a count leaves. */
function call(root: NodeRoot, shell: Shell, ...calls: string[]): string {
  root.write(
    "script",
    `LC_ALL=C
root=$PIMESH_ROOT nonce=N state=/var/lib/pimesh mount=/media/btsync uuid=${uuid} lib=/lib
told() { echo "$*" >>"$root/calls"; }
manager_reload() { :; }
index_stop() { told stop; }
index_start() { told start; for name in ${names.join(" ")}; do echo new >"$root/${place}/$name"; done; }
${library}
${calls.join("\n")}`,
  );
  return root.run(shell, "script").stdout;
}

describe.each(shells.filter(({ there }) => there))("in $name", (shell) => {
  test("a count that was the first is undone: it ends, and its index goes", () => {
    const root = momsNode();
    call(root, shell, "begin r me", "index_now", "commit");
    expect(call(root, shell, "rollback 000001-r")).toContain("N undone 000001-r");
    expect(root.read("calls")).toBe("start\nstop\n");
    expect(names.filter((name) => existsSync(join(root.path, place, name)))).toEqual([]);
    expect(root.read(`${place}/identity`)).toContain("node=mom");
  });

  test("an index that was there before stays, to be made anew when it is due", () => {
    const root = momsNode();
    root.write(`${place}/index-summary.json`, "old");
    call(root, shell, "begin r me", "index_now", "commit");
    call(root, shell, "rollback 000001-r");
    expect(root.read(`${place}/index-summary.json`)).toBe("new\n");
  });

  test("nothing is counted when the disk has left", () => {
    const root = momsNode();
    mounts(root);
    expect(call(root, shell, "begin r me", "index_now", "commit")).toContain("N failed E-DISK-NOT-MOUNTED");
    expect(existsSync(join(root.path, "calls"))).toBe(false);
  });

  test("the first count cannot be undone while the disk is away, and that is said before anything is", () => {
    const root = momsNode();
    call(root, shell, "begin r me", "index_now", "commit");
    mounts(root);
    expect(call(root, shell, "rollback 000001-r")).toContain("N refused E-DISK-NOT-MOUNTED");
    expect(root.read("calls")).toBe("start\n");
  });
});
