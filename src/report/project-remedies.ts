import type { Laptop } from "../inventory/inventory.ts";
import type { Project } from "../tree/projects.ts";
import { joined, onLaptop, type LaptopPlace } from "./on-laptop.ts";
import { pasteable } from "./pasteable.ts";

/**
 * For each finding, in their order, one line for a shell on the laptop: it packs the folder into one file beside it, and
 * moves the folder out of the tree if that went well. undefined where there is nothing to paste.
 *
 * What is moved keeps its place below `aside`, so that no two things meet there.
 */
export function remedies(
  found: readonly Project[],
  laptop: Laptop,
  home: string,
): readonly (string | undefined)[] {
  const aside = asideFolder(laptop, home);
  const repositories = found.filter(({ kind }) => kind === "work-tree" || kind === "bare-repository");
  return found.map((project) => {
    if (project.kind === "linked-work-tree") return undefined;
    const here = onLaptop(project.path, laptop);
    const outer = repositories.find((other) => other !== project && isBelow(project.path, other.path));
    if (project.kind === "tiny-files") {
      return here.isTop
        ? undefined
        : line(
            [
              "tar -czf ",
              suffixed(here.path, ".tar.gz"),
              " -C ",
              parentOf(here.path),
              " ",
              Buffer.concat([Buffer.from("./"), nameOf(here.path)]),
            ],
            moving(project.path, here.path, aside),
          );
    }
    const bundle =
      outer === undefined ? bundleOf(here) : besides(onLaptop(outer.path, laptop), project.path, outer.path);
    // What is inside another repository goes with that.
    const stays = here.isTop || outer !== undefined;
    return line(
      ["git -C ", here.path, " bundle create ", bundle, " --all"],
      stays ? [] : moving(project.path, here.path, aside),
    );
  });
}

/** A folder that is in no synced one; undefined where home and the tree's neighbourhood both are. */
function asideFolder({ tree, folders }: Laptop, home: string): string | undefined {
  const synced = [tree, ...Object.values(folders)];
  const parent = tree.slice(0, tree.lastIndexOf("/"));
  return [home, parent]
    .map((folder) => `${folder}/not-synced`)
    .find((aside) => !synced.some((folder) => `${aside}/`.startsWith(`${folder}/`)));
}

function moving(path: Buffer, here: Buffer, aside: string | undefined): readonly (string | Buffer)[] {
  if (aside === undefined) return [];
  const to = joined(Buffer.from(aside), parentOf(path));
  return [" && mkdir -p ", to, " && mv ", here, " ", suffixed(to, "/")];
}

/** Beside the repository; inside, where it is the top of a tree. */
function bundleOf({ path, isTop }: LaptopPlace): Buffer {
  const name = nameOf(path)
    .toString("latin1")
    .replace(/(?<=.)\.git$/, "");
  const bundle = Buffer.from(`${name}.bundle`, "latin1");
  return joined(isTop ? path : parentOf(path), bundle);
}

/** Beside the outer one, named by both. */
function besides(outer: LaptopPlace, inner: Buffer, outerPath: Buffer): Buffer {
  const rest = inner.subarray(outerPath.length === 0 ? 0 : outerPath.length + 1).toString("latin1");
  const name = `${nameOf(outer.path).toString("latin1")}-${rest.replaceAll("/", "-")}.bundle`;
  return joined(outer.isTop ? outer.path : parentOf(outer.path), Buffer.from(name, "latin1"));
}

/** A part that is a name is quoted; undefined when one cannot be. */
function line(...groups: readonly (readonly (string | Buffer)[])[]): string | undefined {
  const words = groups.flat().map((part) => (typeof part === "string" ? part : pasteable(part)));
  return words.includes(undefined) ? undefined : words.join("");
}

function isBelow(path: Buffer, folder: Buffer): boolean {
  if (folder.length === 0) return path.length > 0;
  return path.length > folder.length && path.subarray(0, folder.length + 1).equals(suffixed(folder, "/"));
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, Math.max(0, path.lastIndexOf("/")));
}

function nameOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf("/") + 1);
}

function suffixed(path: Buffer, suffix: string): Buffer {
  return Buffer.concat([path, Buffer.from(suffix)]);
}
