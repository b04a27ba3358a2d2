import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Fleet, put } from "../support/diff-fleet.ts";
import { requires } from "../support/requires.ts";

vi.setConfig({ testTimeout: 60_000 });

const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync("git", ["-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
    encoding: "utf8",
    // Neither the settings of this machine nor a repository that this test may run in
    env: { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
  });

/** A repository with a commit. */
function repository(folder: string): void {
  mkdirSync(folder, { recursive: true });
  git(folder, "init", "-q", "-b", "main");
  writeFileSync(join(folder, "main.c"), "int main;\n");
  git(folder, "add", "main.c");
  git(folder, "commit", "-q", "-m", "first");
}

/** The commands of the notes. */
function commandsIn(out: string): string[] {
  return [...out.matchAll(/^#? *try: (.*)$/gm)].map((match) => match[1] as string);
}

interface Finding {
  readonly kind: string;
  readonly path: string;
  readonly try: string | null;
}

async function findings(fleet: Fleet, tree: string): Promise<string[]> {
  const document = JSON.parse((await fleet.projects(tree, { json: true })).out) as { findings: Finding[] };
  return document.findings.map(({ kind, path }) => `${kind} ${path}`);
}

test("a tree without anything of the kind is told as such, with exit code 0", async () => {
  const fleet = new Fleet();
  put(join(fleet.laptop, "photos/a.jpg"), "x");
  expect(await fleet.projects("laptop")).toEqual({
    code: 0,
    out: "# no git repository and no folder of thousands of small files among 1 file\n",
    err: "",
  });
});

describe.runIf(requires("git"))("with real repositories", () => {
  test("each kind is found on the laptop and on a node, and exit code is 1", async () => {
    const fleet = new Fleet();
    for (const tree of [fleet.laptop, fleet.tree("mom")]) {
      repository(join(tree, "src/app"));
      git(tree, "clone", "-q", "--bare", "src/app", "backup/app.git");
      git(join(tree, "src/app"), "worktree", "add", "-q", "../second");
    }
    const expected = ["bare-repository backup/app.git", "work-tree src/app", "linked-work-tree src/second"];
    expect(await findings(fleet, "laptop")).toEqual(expected);
    expect(await findings(fleet, "mom")).toEqual(expected);
    expect((await fleet.projects("mom")).code).toBe(1);
    expect(fleet.opened).toBe(0);
  });

  test("the commands that are printed leave one bundle with the whole history in the tree, and all else outside", async () => {
    const fleet = new Fleet();
    const odd = "it's\tmine %d é";
    for (const name of ["src/app", odd]) repository(join(fleet.laptop, name));
    git(fleet.laptop, "clone", "-q", "--bare", "src/app", "x.git");
    const { out } = await fleet.projects("laptop");
    const commands = commandsIn(out);
    expect(commands).toHaveLength(3);
    for (const command of commands) execFileSync("sh", ["-c", command], { stdio: "ignore" });
    expect((await fleet.projects("laptop")).code).toBe(0);
    for (const [bundle, moved] of [
      ["src/app.bundle", "src/app"],
      [`${odd}.bundle`, odd],
      ["x.bundle", "x.git"],
    ] as const) {
      expect(git(fleet.folder, "ls-remote", join(fleet.laptop, bundle))).toContain("refs/heads/main");
      expect(git(join(fleet.folder, "not-synced", moved), "log", "--format=%s")).toBe("first\n");
    }
  });

  test("a repository without a commit stays where it is, because no bundle can be made of it", async () => {
    const fleet = new Fleet();
    const folder = join(fleet.laptop, "new");
    mkdirSync(folder);
    git(folder, "init", "-q");
    const [command = "false"] = commandsIn((await fleet.projects("laptop")).out);
    expect(() => execFileSync("sh", ["-c", command], { stdio: "ignore" })).toThrow(/failed/);
    expect(existsSync(join(folder, ".git"))).toBe(true);
  });

  test("what the inventory or the tree's own ignore file leaves out is not found", async () => {
    const fleet = new Fleet();
    for (const tree of [fleet.laptop, fleet.tree("mom")]) repository(join(tree, "app"));
    put(join(fleet.tree("mom"), ".stignore"), ".git\n");
    expect(await findings(fleet, "mom")).toEqual([]);
    expect(await findings(fleet, "laptop")).toEqual(["work-tree app"]);
    fleet.ignore.push(".git");
    expect(await findings(fleet, "laptop")).toEqual([]);
  });
});

test("thousands of small files are found with what they cost, and the printed command packs them", async () => {
  const fleet = new Fleet();
  for (let index = 0; index < 2000; index += 1) put(join(fleet.laptop, "mail/box", String(index)), "x");
  const { code, out } = await fleet.projects("laptop");
  expect(code).toBe(1);
  expect(out.split("\n")[1]).toMatch(/^tiny-files +2000 +2\.0KiB +6\.4MiB +5s +mail\/box\/$/);
  const [command = "false"] = commandsIn(out);
  execFileSync("sh", ["-c", command]);
  expect(
    execFileSync("tar", ["-tzf", join(fleet.laptop, "mail/box.tar.gz")], { encoding: "utf8" }),
  ).toContain("./box/1999\n");
  expect(existsSync(join(fleet.laptop, "mail/box"))).toBe(false);
  expect(existsSync(join(fleet.folder, "not-synced/mail/box/0"))).toBe(true);
});

test("a folder that cannot be read is never taken for one without repositories", async () => {
  const fleet = new Fleet();
  // Root may read everything, so that it becomes somebody else
  fleet.user = process.getuid?.() === 0 ? "65534" : undefined;
  put(join(fleet.tree("mom"), "closed/x"), "x");
  chmodSync(fleet.folder, 0o755);
  chmodSync(join(fleet.tree("mom"), "closed"), 0);
  const { code, out } = await fleet.projects("mom");
  chmodSync(join(fleet.tree("mom"), "closed"), 0o755);
  expect([code, out]).toEqual([1, "# 1 place could not be read: what is in there is not known\n"]);
});

test("a name that is neither the laptop's nor a node's is refused", async () => {
  await expect(new Fleet().projects("mum")).rejects.toMatchObject({ code: "E-NODE-UNKNOWN" });
});
