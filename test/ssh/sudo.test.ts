import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { sh } from "../../src/core/shell.ts";
import type { Connection } from "../../src/ssh/connection.ts";
import { oneServer, type OneServer } from "./support/one-server.ts";
import { person, testLaptop } from "./support/reach-for-tests.ts";

// Real logins and shells, on machines that may have better things to do.
vi.setConfig({ testTimeout: 30_000 });

/** A sudo that asks unless it is told not to, takes `-n -S -p PROMPT --`, and writes down how it was called. */
const asking = `#!/bin/sh
echo "$*" >>"$CALLS"
prompt=
while [ $# -gt 0 ]; do
  case $1 in -n) echo "sudo-rs: interactive authentication is required" >&2; exit 1 ;; -S) ;; -p) prompt=$2; shift ;; --) shift; break ;; *) break ;; esac
  shift
done
tries=0
while [ $tries -lt 3 ]; do
  printf %s "$prompt" >&2
  IFS= read -r given || exit 1
  if [ "$given" = sesame ]; then AS_ROOT=yes exec env -u PIMESH_ROOT AS_ROOT=yes "$@"; fi
  echo "Sorry, try again." >&2
  tries=$((tries + 1))
done
exit 1
`;

const passwordless = `#!/bin/sh
echo "$*" >>"$CALLS"
while [ $# -gt 0 ]; do case $1 in -p) shift ;; --) shift; break ;; -*) ;; *) break ;; esac; shift; done
exec env -u PIMESH_ROOT AS_ROOT=yes "$@"
`;

const refusing = `#!/bin/sh
echo "pi is not in the sudoers file." >&2
exit 1
`;

/** Says that it would need a password, and then needs none: the moment in which a password could reach the script. */
const changesItsMind = `#!/bin/sh
case $1 in -n) exit 1 ;; esac
while [ $# -gt 0 ]; do case $1 in -p) shift ;; --) shift; break ;; -*) ;; *) break ;; esac; shift; done
exec env AS_ROOT=yes "$@"
`;

/** Needs no password the first time, as long as it remembers an earlier one, and from then on asks. */
const forgets = asking.replace(
  "prompt=\n",
  'prompt=\nif [ ! -e "$CALLS.used" ] && [ "$1" = -n ]; then [ "$2" = true ] && exec true; : >"$CALLS.used"; exit 1; fi\n',
);

describe("becoming root", () => {
  test("a login that is root's already uses no sudo, also where sudo is a stub that says no", async () => {
    const { connect } = await withSudo(refusing, { uid: 0 });
    expect(await whoAmI(await connect())).toBe("user");
  });

  test("a sudo without a password is used as it is", async () => {
    const { connect, calls } = await withSudo(passwordless);
    expect(await whoAmI(await connect())).toBe("root");
    expect(calls()).toMatch(/^-n true\n-n -- \/bin\/sh -c /);
  });

  test("the script keeps its root folder and its payload through sudo", async () => {
    const { connect } = await withSudo(passwordless);
    const { stdout } = await (
      await connect()
    ).run(sh`printf '%s:' "$root"; cat`, { as: "root", stdin: Buffer.from("pay\0load\n") });
    expect(String(stdout)).toBe("/sim:pay\0load\n");
  });

  test("a password is asked once a node and run, and again only when it was wrong", async () => {
    const { connect, calls } = await withSudo(asking);
    const prompt = person("wrong", "sesame");
    const connection = await connect({ prompt });
    const { stdout } = await connection.run(sh`printf '%s' "$AS_ROOT"; cat`, {
      as: "root",
      stdin: Buffer.from("!"),
    });
    expect(String(stdout)).toBe("yes!");
    expect(await whoAmI(connection)).toBe("root");
    expect(prompt.questions).toEqual([
      "sudo password of pi on mom: ",
      "that was wrong; sudo password of pi on mom: ",
    ]);
    expect(calls()).not.toContain("sesame");
  });

  test("three wrong passwords are a refusal, which later commands do not ask about again", async () => {
    const { connect } = await withSudo(asking);
    const connection = await connect({ prompt: person("a", "b", "c") });
    const refusal = { code: "E-SUDO-REFUSED" };
    await expect(connection.run(sh`true`, { as: "root" })).rejects.toMatchObject(refusal);
    await expect(connection.run(sh`true`, { as: "root" })).rejects.toMatchObject(refusal);
  });

  test("without a terminal the refusal names the key of the inventory that helps", async () => {
    const { connect } = await withSudo(asking);
    await expect((await connect()).run(sh`true`, { as: "root" })).rejects.toMatchObject({
      code: "E-SUDO-REFUSED",
      hint: expect.stringContaining("sudo_password_file") as string,
    });
  });

  test("a sudo that asks nothing after all never gets the password, and neither does the script", async () => {
    const { connect } = await withSudo(changesItsMind);
    const connection = await connect({ prompt: person() });
    const { stdout } = await connection.run(sh`printf 'got:'; cat`, {
      as: "root",
      stdin: Buffer.from("payload"),
    });
    expect(String(stdout)).toBe("got:payload");
  });

  test("a sudo that has forgotten the password in the meantime is asked with one", async () => {
    const { connect } = await withSudo(forgets);
    expect(await whoAmI(await connect({ prompt: person("sesame") }))).toBe("root");
  });

  test.each([
    ["root", passwordless, {}],
    ["root", refusing, { uid: 0 }],
    ["user", asking, {}],
    ["user", refusing, {}],
    // Its sudo is asked for nothing and says yes, and then wants a password after all
    ["user", forgets, {}],
  ])("who takes root only where it is free is %s, and nobody is asked", async (who, sudo, options) => {
    const { connect } = await withSudo(sudo, options);
    const prompt = person();
    const connection = await connect({ prompt });
    for (const _ of ["the first time", "and again"]) {
      const { as, stdout, end } = await connection.stream(sh`cat`, {
        as: "free-root",
        stdin: Buffer.from("payload"),
      });
      expect(as).toBe(who);
      expect(
        String(
          await stdout[Symbol.asyncIterator]()
            .next()
            .then(({ value }) => value),
        ),
      ).toBe("payload");
      await end;
    }
    expect(prompt.questions).toEqual([]);
  });

  test("a sudo that refuses is told in its own words", async () => {
    const { connect } = await withSudo(refusing);
    await expect((await connect({ prompt: person() })).run(sh`true`, { as: "root" })).rejects.toThrow(
      /no root shell.*pi is not in the sudoers file/,
    );
  });
});

describe("a file with the sudo password", () => {
  test("is read when it is the user's alone", async () => {
    const { connect } = await withSudo(asking, { file: ["sesame\n", 0o600] });
    expect(await whoAmI(await connect())).toBe("root");
  });

  test("is refused when others may read it", async () => {
    const { connect } = await withSudo(asking, { file: ["sesame\n", 0o644] });
    const refusal = (await connect()).run(sh`true`, { as: "root" });
    await expect(refusal).rejects.toMatchObject({
      code: "E-SUDO-REFUSED",
      hint: expect.stringContaining("chmod 600") as string,
    });
  });

  test("is blamed when the password in it is wrong, without showing it", async () => {
    const { connect } = await withSudo(asking, { file: ["open barley\n", 0o600] });
    const refusal = (await connect()).run(sh`true`, { as: "root" });
    await expect(refusal).rejects.toThrow(/the password in .* is wrong/);
    await expect(refusal).rejects.not.toThrow(/barley/);
  });
});

async function whoAmI(connection: Connection): Promise<string> {
  const { stdout } = await connection.run(sh`echo "$AS_ROOT"`, { as: "root" });
  return String(stdout).trim() === "yes" ? "root" : "user";
}

async function withSudo(
  sudo: string,
  options: { readonly uid?: number; readonly file?: readonly [text: string, mode: number] } = {},
): Promise<OneServer & { readonly calls: () => string }> {
  const laptop = testLaptop();
  const bin = join(laptop.home, "pi-bin");
  const calls = join(laptop.home, "calls");
  mkdirSync(bin);
  writeFileSync(calls, "");
  writeFileSync(join(bin, "sudo"), sudo, { mode: 0o755 });
  writeFileSync(join(bin, "id"), `#!/bin/sh\necho ${options.uid ?? 1000}\n`, { mode: 0o755 });
  const file = join(laptop.home, "sudo-password");
  if (options.file) {
    writeFileSync(file, options.file[0]);
    chmodSync(file, options.file[1]);
  }
  const sudoPasswordFile = options.file === undefined ? undefined : file;
  const identity = join(laptop.home, "identity");
  const one = await oneServer({
    laptop,
    path: bin,
    env: { CALLS: calls, PIMESH_ROOT: "/sim" },
    node: { sudoPasswordFile, identityFiles: [identity] },
  });
  return { ...one, calls: () => readFileSync(calls, "utf8") };
}
