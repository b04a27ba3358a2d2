import { describe, expect, test } from "vitest";
import { projectsDocument, projectsReport, type ProjectsResult } from "../../src/report/projects.ts";
import { remedies } from "../../src/report/project-remedies.ts";
import type { Project, Projects } from "../../src/tree/projects.ts";

const laptop = { tree: "/home/ada/btsync", folders: { dat: "/mnt/dat" } };

function workTree(path: string): Project {
  const history = { files: 100, bytes: 1000 };
  return { kind: "work-tree", path: Buffer.from(path, "latin1"), files: 300, bytes: 5000, history };
}

function bare(path: string): Project {
  return { kind: "bare-repository", path: Buffer.from(path), files: 40, bytes: 9000 };
}

function tiny(path: string): Project {
  return { kind: "tiny-files", path: Buffer.from(path), files: 120_000, bytes: 3e8 };
}

function linesFor(...found: readonly Project[]): readonly (string | undefined)[] {
  return remedies(found, laptop, "/home/ada");
}

function resultOf(found: readonly Project[], more: Partial<ProjectsResult & Projects> = {}): ProjectsResult {
  return {
    tree: "laptop",
    projects: { found, total: { files: 200_000, bytes: 1e12 }, unreadable: [], ...more },
    inventory: { path: "/home/ada/pimesh.yaml", laptop },
    home: "/home/ada",
    cost: (files) => ({ memory: files * 1000, seconds: files / 100 }),
    ...more,
  };
}

describe("the line to paste", () => {
  test("makes a bundle beside a repository and moves that out of the tree, to the same place there", () => {
    expect(linesFor(workTree("src/my app"))).toEqual([
      "git -C '/home/ada/btsync/src/my app' bundle create '/home/ada/btsync/src/my app.bundle' --all && mkdir -p /home/ada/not-synced/src && mv '/home/ada/btsync/src/my app' /home/ada/not-synced/src/",
    ]);
    expect(linesFor(bare("x.git"))).toEqual([
      "git -C /home/ada/btsync/x.git bundle create /home/ada/btsync/x.bundle --all && mkdir -p /home/ada/not-synced && mv /home/ada/btsync/x.git /home/ada/not-synced/",
    ]);
  });

  test("goes to where a folder of the tree really lies, and never moves a tree or a partition", () => {
    expect(linesFor(workTree("dat/app"))[0]).toContain(
      "git -C /mnt/dat/app bundle create /mnt/dat/app.bundle",
    );
    expect(linesFor(workTree("dat"))).toEqual(["git -C /mnt/dat bundle create /mnt/dat/dat.bundle --all"]);
    expect(linesFor(workTree(""))).toEqual([
      "git -C /home/ada/btsync bundle create /home/ada/btsync/btsync.bundle --all",
    ]);
  });

  test("of a repository within another one makes only its bundle, outside of both", () => {
    expect(linesFor(workTree("a"), workTree("a/b/c"))[1]).toBe(
      "git -C /home/ada/btsync/a/b/c bundle create /home/ada/btsync/a-b-c.bundle --all",
    );
  });

  test("packs a folder of small files", () => {
    expect(linesFor(tiny("docs/-mail"))).toEqual([
      "tar -czf /home/ada/btsync/docs/-mail.tar.gz -C /home/ada/btsync/docs ./-mail && mkdir -p /home/ada/not-synced/docs && mv /home/ada/btsync/docs/-mail /home/ada/not-synced/docs/",
    ]);
    expect(linesFor(tiny(""))).toEqual([undefined]);
  });

  test("holds names of any bytes, and is none where a name cannot be pasted", () => {
    expect(linesFor(workTree("caf\xe9"))[0]).toContain(`"$(printf -- '/home/ada/btsync/caf\\351')"`);
    expect(linesFor(bare("x\n"))).toEqual([undefined]);
    expect(linesFor({ kind: "linked-work-tree", path: Buffer.from("sub") })).toEqual([undefined]);
  });

  test("moves nothing where every folder that it knows is synced", () => {
    const everything = { tree: "/home/ada", folders: {} };
    expect(remedies([workTree("app")], everything, "/home/ada")[0]).toContain(
      "mv /home/ada/app /home/not-synced/",
    );
    const root = { tree: "/home/ada", folders: { rest: "/home" } };
    expect(remedies([workTree("app")], root, "/home/ada")).toEqual([
      "git -C /home/ada/app bundle create /home/ada/app.bundle --all",
    ]);
  });
});

describe("the report", () => {
  test("is fine only when nothing was found and everything was read", () => {
    expect(projectsReport(resultOf([]), "human").exitCode).toBe(0);
    expect(projectsReport(resultOf([bare("x")]), "human").exitCode).toBe(1);
    const unreadable = [{ path: Buffer.from("a"), kind: "unreadable" as const, reason: "permission denied" }];
    const { exitCode, notes } = projectsReport(resultOf([], { unreadable }), "human");
    expect(exitCode).toBe(1);
    expect(notes.map(({ text }) => text)).toEqual([
      "1 place could not be read: what is in there is not known",
    ]);
  });

  test("has a row for each, with what it costs by the number of its files", () => {
    const { rows } = projectsReport(resultOf([workTree("a"), tiny("b")]), "human");
    expect(rows.map((row) => row.map(({ text }) => text))).toEqual([
      ["git repository", "300", "4.9 KiB", "293 KiB", "3 s"],
      ["small files", "120,000", "286 MiB", "114 MiB", "20 min"],
    ]);
  });

  test("says the rules that would leave things out, as far as rules can say them", () => {
    const { notes } = projectsReport(
      resultOf([workTree("a"), bare("b/x.git"), bare("what?"), tiny("c")]),
      "human",
    );
    const texts = notes.map(({ text }) => text);
    expect(texts[1]).toBe(
      'or sync the files without the history: ignore: [".git", "/b/x.git"] in /home/ada/pimesh.yaml, then pimesh provision --all; of 1 the name cannot be written as a rule',
    );
    expect(texts[2]).toContain('ignore: ["/c"] in /home/ada/pimesh.yaml');
  });

  test("gives the line of an inner repository before that of the outer one", () => {
    const [note] = projectsReport(resultOf([workTree("a"), workTree("a/b")]), "human").notes;
    expect(note?.try.map((line) => line.split(" ")[2])).toEqual([
      "/home/ada/btsync/a/b",
      "/home/ada/btsync/a",
    ]);
  });

  test("of a node's tree says that the lines are for the laptop", () => {
    const [note] = projectsReport(resultOf([bare("x")], { tree: "mom" }), "human").notes;
    expect(note?.text).toContain("out of the tree, on the laptop; the other homes");
  });
});

test("the document has names as text, and as bytes where text cannot say them", () => {
  const found = [workTree("caf\xe9"), { kind: "linked-work-tree" as const, path: Buffer.from("sub") }];
  expect(projectsDocument(resultOf(found))).toEqual({
    schemaVersion: 1,
    tree: "laptop",
    files: 200_000,
    bytes: 1e12,
    findings: [
      {
        kind: "work-tree",
        path: "caf\ufffd",
        pathBase64: "Y2Fm6Q==",
        files: 300,
        bytes: 5000,
        memoryBytes: 300_000,
        firstSyncSeconds: 3,
        history: { files: 100, bytes: 1000 },
        try: linesFor(workTree("caf\xe9"))[0],
      },
      { kind: "linked-work-tree", path: "sub", try: null },
    ],
    unreadable: [],
  });
});
