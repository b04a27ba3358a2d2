import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sh } from "../../src/core/shell.ts";
import { apply, rollBack } from "../../src/provision/apply.ts";
import { sumOf } from "../../src/provision/inspection.ts";
import { profileOf } from "../../src/provision/profile.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { temporaryFolder } from "../support/folder.ts";
import { localConnection } from "../support/local-connection.ts";

const place = { profile: profileOf(undefined), init: "systemd", mount: "/media/btsync", uuid: "u" } as const;
const target = "/usr/local/lib/pimesh/engine/btsync";
const size = 3 * 1024 * 1024 + 17;

describe("a large file", () => {
  test("comes behind the script, whole, with its mode, and says how far it is", async () => {
    const { pi, from, bytes, at, connection } = node();
    const sent: number[] = [];
    const run = await apply(
      connection,
      place,
      [call("absent", sumOf(bytes)), sh`put /etc/after 644 0:0 absent ${sumOf("x\n")} ${"x\n"}`],
      {
        ...how(from),
        onSent: (count) => sent.push(count),
      },
    );
    expect(readFileSync(at).equals(bytes)).toBe(true);
    expect(statSync(at).mode & 0o7777).toBe(0o755);
    expect(sent.at(-1)).toBe(size);
    expect(sent.length).toBeGreaterThan(10);
    expect(readdirSync(join(pi, "usr/local/lib/pimesh/engine"))).toEqual(["btsync"]);
    // What comes after it is not eaten
    expect(readFileSync(join(pi, "etc/after"), "utf8")).toBe("x\n");
    await rollBack(connection, place, run.run);
    expect(existsSync(at)).toBe(false);
  });

  test("takes the place of an older one, which an undo brings back", async () => {
    const { from, bytes, at, connection } = node();
    writeFileSync(at, "the old program", { mode: 0o755 });
    const { run } = await apply(connection, place, [call(sumOf("the old program"), sumOf(bytes))], how(from));
    expect(readFileSync(at).equals(bytes)).toBe(true);
    await rollBack(connection, place, run);
    expect(readFileSync(at, "utf8")).toBe("the old program");
    expect(statSync(at).mode & 0o7777).toBe(0o755);
  });

  test("is not what a command that runs before it finds on its input", async () => {
    const { from, bytes, at, connection } = node();
    await apply(connection, place, [sh`cat >"$root"/etc/eaten`, call("absent", sumOf(bytes))], how(from));
    expect(readFileSync(at).equals(bytes)).toBe(true);
  });

  test.each([
    ["is cut off", (bytes: Buffer) => bytes.subarray(0, 100_000)],
    ["was changed since it was planned", (bytes: Buffer) => Buffer.from(bytes).fill(0, 1000, 1001)],
    ["is empty by now", () => Buffer.alloc(0)],
  ])("that %s leaves the node as it was", async (_, spoil) => {
    const { pi, from, bytes, at, connection } = node();
    writeFileSync(at, "the old program");
    writeFileSync(from, spoil(bytes));
    const calls = [
      sh`put /etc/before 644 0:0 absent ${sumOf("x\n")} ${"x\n"}`,
      call(sumOf("the old program"), sumOf(bytes)),
    ];
    await expect(apply(connection, place, calls, how(from))).rejects.toMatchObject({
      code: "E-APPLY-FAILED",
      message: expect.stringMatching(/did not arrive whole: \d+ of \d+ bytes.*nothing was changed/),
    });
    expect(readFileSync(at, "utf8")).toBe("the old program");
    expect(existsSync(join(pi, "etc/before"))).toBe(false);
    expect(readdirSync(join(pi, "usr/local/lib/pimesh/engine"))).toEqual(["btsync"]);
  });

  test("that is gone by now is an error that names it", async () => {
    const { from, bytes, connection } = node();
    const calls = [call("absent", sumOf(bytes))];
    await expect(apply(connection, place, calls, how(`${from}-gone`))).rejects.toMatchObject({
      code: "E-APPLY-FAILED",
    });
  });
});

function call(before: string, after: string) {
  return sh`receive ${target} 755 0:0 ${before} ${after} ${size}`;
}

function how(from: string) {
  return { run: "r", who: "the test", goesOn: false, upload: { from, bytes: size } };
}

/** A laptop with a program in a file, and a node that knows systemd by name. */
function node() {
  const pi = temporaryFolder();
  for (const folder of ["usr/local/lib/pimesh/engine", "etc", "var/lib", "bin", "proc/self"]) {
    mkdirSync(join(pi, folder), { recursive: true });
  }
  for (const tool of ["systemctl", "udevadm"]) {
    writeFileSync(join(pi, "bin", tool), "#!/bin/sh\n", { mode: 0o755 });
  }
  const from = join(temporaryFolder(), "btsync-arm");
  const bytes = randomBytes(size);
  writeFileSync(from, bytes);
  const connection: Connection = localConnection({ root: pi, path: join(pi, "bin") });
  return { pi, from, bytes, at: join(pi, target), connection };
}
