import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { exitCode } from "../core/exit-code.ts";
import { thousands } from "../core/thousands.ts";
import { ignorePatternProblem } from "../inventory/ignore-pattern.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Project, Projects, Totals } from "../tree/projects.ts";
import { named } from "./diff-document.ts";
import { remedies } from "./project-remedies.ts";
import { quantity, unknownCell, type Cell, type Column, type Note, type Report } from "./report.ts";

/** What `projects` found, and in whose tree. */
export interface ProjectsResult {
  /** `laptop` or a node's name. */
  readonly tree: string;
  readonly projects: Projects;
  readonly inventory: Pick<Inventory, "path" | "laptop">;
  /** The laptop's. */
  readonly home: string;
  /** What so many files cost an engine by their number: bytes of memory, and seconds of a first sync. */
  readonly cost: (files: number) => { readonly memory: number | undefined; readonly seconds: number };
}

/** The table, without its last column: the path of each row, whose bytes the renderer shows. */
export interface ProjectsReport extends Report {
  readonly paths: readonly Buffer[];
}

export function projectsReport(result: ProjectsResult, numbers: "human" | "exact"): ProjectsReport {
  const { found, unreadable } = result.projects;
  return {
    columns,
    rows: found.map((project) => row(project, result, numbers)),
    paths: found.map(({ path }) => path),
    notes: notesOf(result),
    exitCode: found.length === 0 && unreadable.length === 0 ? exitCode.fine : exitCode.different,
  };
}

/** `projects --json`, version 1. Bytes, seconds; keys are only ever added. */
export function projectsDocument(result: ProjectsResult): object {
  const { found, total, unreadable } = result.projects;
  const lines = remedies(found, result.inventory.laptop, result.home);
  return {
    schemaVersion: 1,
    tree: result.tree,
    files: total.files,
    bytes: total.bytes,
    findings: found.map((project, index) => ({
      kind: project.kind,
      ...named("path", project.path),
      ...("files" in project ? totalsDocument(project, result) : {}),
      ...(project.kind === "work-tree"
        ? { history: { files: project.history.files, bytes: project.history.bytes } }
        : {}),
      try: lines[index] ?? null,
    })),
    unreadable: unreadable.map(({ path, reason }) => ({ ...named("path", path), reason })),
  };
}

const columns: readonly Column[] = [
  { title: "what", align: "left" },
  { title: "files", align: "right" },
  { title: "size", align: "right" },
  { title: "memory", align: "right" },
  { title: "first sync", plain: "first-sync", align: "right" },
  { title: "where", align: "left" },
];

const words: Readonly<Record<Project["kind"], { readonly text: string; readonly plain: string }>> = {
  "work-tree": { text: "git repository", plain: "work-tree" },
  "bare-repository": { text: "bare git repository", plain: "bare-repository" },
  "linked-work-tree": { text: "link to git", plain: "linked-work-tree" },
  "tiny-files": { text: "small files", plain: "tiny-files" },
};

function row(project: Project, { cost }: ProjectsResult, numbers: "human" | "exact"): Cell[] {
  const what: Cell = { ...words[project.kind], tone: "warn" };
  if (!("files" in project)) return [what, unknownCell, unknownCell, unknownCell, unknownCell];
  const { memory, seconds } = cost(project.files);
  const size = (bytes: number): Cell => quantity(numbers === "exact" ? String(bytes) : formatBytes(bytes));
  return [
    what,
    { text: thousands(project.files), plain: String(project.files) },
    size(project.bytes),
    memory === undefined ? unknownCell : size(memory),
    quantity(formatDuration(seconds * 1000)),
  ];
}

function notesOf(result: ProjectsResult): Note[] {
  const { found, total, unreadable } = result.projects;
  const lines = remedies(found, result.inventory.laptop, result.home);
  const of = (...kinds: readonly Project["kind"][]): Project[] =>
    found.filter(({ kind }) => kinds.includes(kind));
  // The inner one of two goes first.
  const linesOf = (projects: readonly Project[]): string[] =>
    projects.toReversed().flatMap((project) => lines[found.indexOf(project)] ?? []);
  const repositories = of("work-tree", "bare-repository");
  const linked = of("linked-work-tree");
  const tiny = of("tiny-files");
  const notes: Note[] = [];
  const say = (text: string, commands: readonly string[] = [], tone: Note["tone"] = "warn"): void =>
    void notes.push({ about: [], text, try: commands, tone });
  if (repositories.length > 0) {
    say(
      `${counted(repositories.length, "live git repository", "live git repositories")}: an engine syncs file by file, so that a home can get half of a commit, and two homes at work leave conflict copies inside .git. A bundle is one file with the whole history, without what is not committed. Each line makes one and moves the repository out of the tree${elsewhere(result)}:`,
      linesOf(repositories),
    );
    say(`or sync the files without the history: ${ignoreAdvice(repositories, result)}`);
  }
  if (linked.length > 0) {
    say(
      `${counted(linked.length, "folder", "folders")} with a file .git, a submodule or a second work tree: the file names a place that another home does not have: ${ignoreAdvice(linked, result)}`,
    );
  }
  if (tiny.length > 0) {
    say(
      `${counted(tiny.length, "folder", "folders")} of thousands of small files: each costs memory and time, however small it is. Each line packs one into a single file and moves it out of the tree${elsewhere(result)}; or have it ignored: ${ignoreAdvice(tiny, result)}`,
      linesOf(tiny),
    );
  }
  if (found.some((project) => "files" in project)) {
    say(
      "memory and first sync are estimates, for one home: the time is the best of a PC's, a Pi takes longer",
      [],
      "faint",
    );
  }
  if (unreadable.length > 0) {
    say(
      `${counted(unreadable.length, "place", "places")} could not be read: what is in there is not known`,
      [],
      "bad",
    );
  } else if (found.length === 0) {
    say(
      `no git repository and no folder of thousands of small files among ${counted(total.files, "file", "files")}`,
      [],
      "good",
    );
  }
  return notes;
}

/** What leaves the tree here is deleted at the other homes. */
function elsewhere({ tree }: ProjectsResult): string {
  const where = tree === "laptop" ? "" : ", on the laptop";
  return `${where}; the other homes then move their copies into their archives`;
}

/** Rules that say it; a path that the engines do not read alike has none. */
function ignoreAdvice(projects: readonly Project[], { inventory }: ProjectsResult): string {
  const rules = new Set<string>();
  let unsayable = 0;
  for (const project of projects) {
    const isByName = project.kind === "work-tree" || project.kind === "linked-work-tree";
    const rule = isByName ? ".git" : `/${project.path.toString("utf8")}`;
    const isText = Buffer.from(rule, "utf8").equals(
      isByName ? Buffer.from(rule) : Buffer.concat([Buffer.from("/"), project.path]),
    );
    // A star or a question mark would be taken for more than itself.
    if (!isText || /[*?]/.test(rule) || ignorePatternProblem(rule) !== undefined) unsayable += 1;
    else rules.add(rule);
  }
  const rest =
    unsayable === 0
      ? ""
      : `${rules.size === 0 ? "" : "; "}of ${unsayable} the name cannot be written as a rule`;
  if (rules.size === 0) return rest;
  return `ignore: [${[...rules].map((rule) => JSON.stringify(rule)).join(", ")}] in ${inventory.path}, then pimesh provision --all${rest}`;
}

function totalsDocument({ files, bytes }: Totals, { cost }: ProjectsResult): object {
  const { memory, seconds } = cost(files);
  return { files, bytes, memoryBytes: memory ?? null, firstSyncSeconds: Math.round(seconds) };
}

function counted(count: number, one: string, many: string): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}
