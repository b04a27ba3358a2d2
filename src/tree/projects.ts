import type { Scanned, Unreadable } from "./entry.ts";
import type { Scan } from "./scan.ts";

/** What does badly in a synced tree: live git repositories, and folders of very many very small files. */
export type Project =
  | (Holding & { readonly kind: "work-tree"; /** Of what is in `.git`. */ readonly history: Totals })
  | (Holding & { readonly kind: "bare-repository" })
  /** `.git` is a file: a submodule, or a work tree whose repository is elsewhere. */
  | { readonly kind: "linked-work-tree"; readonly path: Buffer }
  | (Holding & { readonly kind: "tiny-files" });

export interface Totals {
  readonly files: number;
  readonly bytes: number;
}

/** A folder of the tree, empty for the tree itself, and all the files in it, of `tiny-files` without repositories. */
interface Holding extends Totals {
  readonly path: Buffer;
}

export interface Projects {
  /** In the order of their paths. */
  readonly found: readonly Project[];
  /** Of the whole tree. */
  readonly total: Totals;
  /** What may hide more. */
  readonly unreadable: readonly Unreadable[];
}

/** Fewer files than this are no burden, however small. */
const manyFiles = 2000;
/**
 * Bytes. Below this mean it is the number of files that sets the pace and not the line: at some hundred files a second
 * (`engine/file-cost.ts`) a home's line carries more.
 */
const tinyMean = 16 * 1024;

/** `hides`: what the tree's own ignore file takes out; `path` is latin1. */
export async function findProjects(
  scan: Scan,
  hides: (path: string, kind: "folder" | "other") => boolean,
): Promise<Projects> {
  const finder = new Finder();
  const unreadable: Unreadable[] = [];
  for await (const batch of scan) {
    for (const entry of batch) {
      if (entry.kind === "unreadable") unreadable.push(entry);
      const path = entry.path.toString("latin1");
      if (!hides(path, entry.kind === "folder" ? "folder" : "other")) finder.take(path, entry);
    }
  }
  return { ...finder.finish(), unreadable: [...unreadable, ...(scan.late?.() ?? [])] };
}

/** A folder that is being read. All that is below a folder stands together in the order of paths. */
interface Frame {
  /** Latin1, from the tree's root. */
  readonly path: string;
  readonly all: Count;
  /** Without what is in repositories: these have a remedy of their own. */
  readonly plain: Count;
  /** Directly in it. */
  readonly own: Count;
  /** Names directly in it that tell a bare repository (gitrepository-layout(5)). */
  readonly marks: Set<string>;
  history: Totals | undefined;
  isLinked: boolean;
  /** How many findings there were when it was opened: those after it are inside. */
  readonly before: number;
}

interface Count {
  files: number;
  bytes: number;
}

class Finder {
  #found: Project[] = [];
  readonly #open: Frame[] = [frame("", 0)];

  take(path: string, entry: Scanned): void {
    const slash = path.lastIndexOf("/");
    const folder = this.#enter(slash < 0 ? "" : path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (entry.kind === "file")
      for (const count of [folder.all, folder.plain, folder.own]) add(count, 1, entry.size);
    if (marks.get(name) === entry.kind) folder.marks.add(name);
    if (name === ".git" && (entry.kind === "file" || entry.kind === "symlink")) folder.isLinked = true;
  }

  finish(): Pick<Projects, "found" | "total"> {
    while (this.#open.length > 1) this.#close();
    const root = this.#top();
    this.#judge(root);
    const found = this.#found.toSorted((left, right) => Buffer.compare(left.path, right.path));
    return { found, total: { ...root.all } };
  }

  #top(): Frame {
    return this.#open.at(-1) as Frame;
  }

  #enter(path: string): Frame {
    while (!isWithin(path, this.#top().path)) this.#close();
    let top = this.#top();
    while (top.path !== path) {
      const from = top.path === "" ? 0 : top.path.length + 1;
      const end = path.indexOf("/", from);
      top = frame(end < 0 ? path : path.slice(0, end), this.#found.length);
      this.#open.push(top);
    }
    return top;
  }

  #close(): void {
    const closed = this.#open.pop() as Frame;
    const parent = this.#top();
    add(parent.all, closed.all.files, closed.all.bytes);
    if (closed.path === below(parent.path, ".git")) {
      // Submodules' repositories lie in it: they are its own matter.
      this.#forget(closed, () => true);
      if (closed.all.files > 0) parent.history = { ...closed.all };
      return;
    }
    if (this.#judge(closed) === "repository") return;
    add(parent.plain, closed.plain.files, closed.plain.bytes);
  }

  /** Says what the folder is, once all in it is known. */
  #judge(folder: Frame): "repository" | "folder" {
    const path = Buffer.from(folder.path, "latin1");
    const holding = { path, ...folder.all };
    if (folder.marks.size === marks.size) {
      this.#forget(folder, () => true);
      this.#found.push({ kind: "bare-repository", ...holding });
      return "repository";
    }
    if (folder.history !== undefined) {
      this.#forget(folder, ({ kind }) => kind === "tiny-files");
      this.#found.push({ kind: "work-tree", ...holding, history: folder.history });
      return "repository";
    }
    if (folder.isLinked) this.#found.push({ kind: "linked-work-tree", path });
    // Of the tree itself only what lies directly in it: "all of it" is nothing that could be done something about.
    const count = folder.path === "" ? folder.own : folder.plain;
    if (count.files >= manyFiles && count.bytes / count.files < tinyMean) this.#tiny(folder, count);
    return "folder";
  }

  /** A folder stands for those in it, unless a few of them hold most of its files: then these say it better. */
  #tiny(folder: Frame, count: Count): void {
    const inside = this.#found
      .slice(folder.before)
      .reduce((sum, one) => sum + (one.kind === "tiny-files" ? one.files : 0), 0);
    if (folder.path !== "") {
      if (inside >= count.files * most) return;
      this.#forget(folder, ({ kind }) => kind === "tiny-files");
    }
    this.#found.push({ kind: "tiny-files", path: Buffer.from(folder.path, "latin1"), ...count });
  }

  #forget(inside: Frame, which: (project: Project) => boolean): void {
    this.#found = this.#found.filter((project, index) => index < inside.before || !which(project));
  }
}

const most = 0.8;

const marks: ReadonlyMap<string, Scanned["kind"]> = new Map([
  ["HEAD", "file"],
  ["objects", "folder"],
  ["refs", "folder"],
]);

function frame(path: string, before: number): Frame {
  return {
    path,
    all: nothing(),
    plain: nothing(),
    own: nothing(),
    marks: new Set(),
    history: undefined,
    isLinked: false,
    before,
  };
}

function nothing(): Count {
  return { files: 0, bytes: 0 };
}

function add(count: Count, files: number, bytes: number): void {
  count.files += files;
  count.bytes += bytes;
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

function below(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
