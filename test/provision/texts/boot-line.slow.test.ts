import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quote } from "../../../src/core/shell.ts";
import { sumOf } from "../../../src/provision/inspection.ts";
import { searchPath } from "../../support/requires.ts";
import { nodeRoot, shells, type NodeRoot, type Shell } from "./node-root.ts";

const provision = fileURLToPath(new URL("../../../provision/", import.meta.url));
const library = ["apply.sh", "swap-areas.sh", "boot-line.sh"]
  .map((name) => readFileSync(join(provision, name), "utf8"))
  .join("\n");
const path = "/boot/firmware/cmdline.txt";
const old = "console=tty1 root=PARTUUID=8a676486-02 rootwait\n";
const fresh = old.replace("\n", " cgroup_enable=memory\n");

/** A node whose `dd` and `rm` keep a copy of the boot file before and after their work: what a cut would leave. */
function node(text = old): NodeRoot {
  const root = nodeRoot();
  root.write(path, text);
  root.write("moments/0", text);
  root.standIn(
    "dd",
    `file=$PIMESH_ROOT${path}
keep() { n=$(ls "$PIMESH_ROOT/moments" | wc -l); cp "$file" "$PIMESH_ROOT/moments/$n"; }
PATH=${searchPath} dd "$@"; code=$?; keep; exit $code`,
  );
  return root;
}

function call(root: NodeRoot, shell: Shell, ...calls: string[]): string {
  const script = `LC_ALL=C
root=$PIMESH_ROOT nonce=N state=/var/lib/pimesh mount=/media/btsync uuid=u lib=/lib
manager_reload() { :; }
${library}
${calls.join("\n")}`;
  root.write("script", script);
  return root.run(shell, "script").stdout;
}

function boot(from: string, to: string): string {
  return `boot_line ${path} ${path}.pimesh-backup ${sumOf(from)} ${sumOf(to)} ${quote(to)}`;
}

function moments(root: NodeRoot): string[] {
  return readdirSync(join(root.path, "moments")).map((name) => root.read(`moments/${name}`));
}

describe.each(shells.filter(({ there }) => there))("in $name the boot line", (shell) => {
  test.each([
    ["with a newline at its end", old, fresh],
    ["without one", old.trimEnd(), fresh.trimEnd()],
    ["that has blanks where a word was", `cgroup_disable=memory ${old}`, `                      ${fresh}`],
  ])(
    "%s is written in place, with copies, and is one whole line at every moment; rollback too",
    (_, from, to) => {
      const root = node(from);
      expect(call(root, shell, "begin r me", boot(from, to), "commit")).toContain("N committed 000001-r");
      expect(root.read(path)).toBe(to);
      expect(root.read(`${path}.pimesh-backup`)).toBe(from);
      expect(call(root, shell, "rollback 000001-r")).toContain("N undone 000001-r");
      expect(root.read(path)).toBe(from);
      expect(() => root.read(`${path}.pimesh-backup`)).toThrow("ENOENT");
      const seen = moments(root);
      expect(seen.length).toBeGreaterThan(3);
      for (const moment of seen) {
        expect(moment).toContain("root=PARTUUID=8a676486-02 rootwait");
        expect(moment.trimEnd()).not.toContain("\n");
      }
    },
  );

  test("that somebody has changed since the plan is not touched", () => {
    const root = node("root=/dev/sda2\n");
    const said = call(root, shell, "begin r me", boot(old, fresh), "commit");
    expect(said).toContain("N failed E-CHANGED-MEANWHILE");
    expect(root.read(path)).toBe("root=/dev/sda2\n");
  });

  test("is the old one again when it does not read back as it was written", () => {
    const root = node();
    root.standIn(
      "dd",
      `case "$*" in *conv=notrunc*) if [ ! -e "$PIMESH_ROOT/spoilt" ]; then : >"$PIMESH_ROOT/spoilt"; cat >/dev/null; exit 0; fi ;; esac; PATH=${searchPath} exec dd "$@"`,
    );
    const said = call(root, shell, "begin r me", boot(old, fresh), "commit");
    expect(said).toContain("does not read back as it was written");
    expect(said).toContain("N undone");
    expect(root.read(path)).toBe(old);
    expect(() => root.read(`${path}.pimesh-backup`)).toThrow("ENOENT");
  });

  test("that was written before a cut is left as it is, and the run goes on", () => {
    const root = node(fresh);
    expect(call(root, shell, "begin r me", boot(old, fresh), "commit")).toContain("N committed");
    expect(root.read(path)).toBe(fresh);
  });

  test("that somebody has changed since stays theirs at a rollback, which says so", () => {
    const root = node();
    call(root, shell, "begin r me", boot(old, fresh), "commit");
    root.write(path, fresh.replace("\n", " quiet\n"));
    expect(call(root, shell, "rollback 000001-r")).toContain(`N left ${path}`);
    expect(root.read(path)).toContain(" quiet");
  });
});
