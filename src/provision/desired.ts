import type { Command } from "../core/shell.ts";
import { secret, sh } from "../core/shell.ts";
import type { Found, Inspection } from "./inspection.ts";
import { sumOf } from "./inspection.ts";
import type { Resource, Step } from "./step.ts";
import { unifiedDiff } from "./unified-diff.ts";

/** A file as it is to be. `text: undefined`: it is not to be there. */
export interface DesiredFile {
  readonly resource: Resource;
  readonly path: string;
  readonly text: string | undefined;
  /** Octal, as chmod takes it. */
  readonly mode: string;
  /** `uid:gid`. */
  readonly owner: string;
  readonly why: string;
  /** systemd or udev has to read it again. */
  readonly needsReload?: boolean;
  /** Not our file: the lines around a change may hold passwords, and are not shown. */
  readonly foreign?: boolean;
  /** Its text holds a secret: what of it may be shown. */
  readonly hide?: (text: string) => string;
}

/** A folder as it is to be; one that exists is left with its own mode and owner. */
export interface DesiredFolder {
  readonly resource: Resource;
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly why: string;
}

export function planFile(desired: DesiredFile, inspection: Inspection): Step | undefined {
  const found = inspection.files.get(desired.path) ?? { kind: "absent" };
  return desired.text === undefined
    ? planAbsence(desired, found)
    : planText({ ...desired, text: desired.text }, found);
}

function planAbsence(desired: DesiredFile, found: Found): Step | undefined {
  if (found.kind !== "file") return undefined;
  return {
    kind: "change",
    resource: desired.resource,
    what: `remove ${desired.path}`,
    why: desired.why,
    call: sh`remove ${desired.path} ${found.sum}`,
    diff: unifiedDiff(found.bytes.toString("utf8"), ""),
    ...reload(desired),
  };
}

function planText(desired: DesiredFile & { readonly text: string }, found: Found): Step {
  const { resource, path, text, mode, owner, why, hide } = desired;
  const word = hide === undefined ? text : secret(text);
  const shown = hide ?? ((plain: string): string => plain);
  const put = (before: string): Command => sh`put ${path} ${mode} ${owner} ${before} ${sumOf(text)} ${word}`;
  if (found.kind !== "file") {
    return {
      kind: "change",
      resource,
      what: `create ${path}`,
      why,
      call: put("absent"),
      diff: unifiedDiff("", shown(text)),
      ...reload(desired),
    };
  }
  const change = { kind: "change", resource, call: put(found.sum) } as const;
  if (found.sum !== sumOf(text)) {
    const before = shown(found.bytes.toString("utf8"));
    const diff = unifiedDiff(before, shown(text), desired.foreign === true ? 0 : 3);
    return { ...change, what: `change ${path}`, why, diff, ...reload(desired) };
  }
  if (found.mode !== mode) {
    return { ...change, what: `set the mode of ${path}`, why: `it is ${found.mode}, want ${mode}` };
  }
  if (found.owner !== owner) {
    return { ...change, what: `set the owner of ${path}`, why: `it is ${found.owner}, want ${owner}` };
  }
  return { kind: "keep", resource, what: path, why: "as it should be" };
}

function reload(desired: DesiredFile): { needsReload?: true } {
  return desired.needsReload === true ? { needsReload: true } : {};
}

export function planFolder(desired: DesiredFolder, inspection: Inspection): Step {
  const { resource, path, mode, owner, why } = desired;
  return inspection.files.get(path)?.kind === "folder"
    ? { kind: "keep", resource, what: path, why: "it is there" }
    : {
        kind: "change",
        resource,
        what: `make the folder ${path}`,
        why,
        call: sh`folder ${path} ${mode} ${owner}`,
      };
}
