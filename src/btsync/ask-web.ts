import { PimeshError } from "../core/error.ts";
import { foldersAnswer } from "./folders-answer.ts";
import type { Web } from "./web-client.ts";
import { webState, type WebState } from "./web-state.ts";

export interface WebTold extends WebState {
  /** As the engine writes it; null where it does not say. */
  readonly version: string | null;
}

/** Asks how the folder at `tree` stands, in two calls. Errors: those of `openWeb`. Does I/O. */
export async function askWeb(web: Web, node: string, tree: string): Promise<WebTold> {
  const answer = foldersAnswer.safeParse(await web.ask("getsyncfolders", { discovery: "1" }));
  if (!answer.success) {
    throw new PimeshError("E-ENGINE-ANSWER", "its web interface is not understood: it lists no folders", {
      node,
    });
  }
  const { folders } = answer.data;
  const old = folders.some(({ size }) => typeof size === "string");
  return { ...webState(folders, tree), version: await versionOf(web, old) };
}

/** A nicety: whoever does not say it has told the rest all the same. */
async function versionOf(web: Web, old: boolean): Promise<string | null> {
  try {
    return readVersion(await web.ask(old ? "getversion" : "version"));
  } catch (error) {
    if (error instanceof PimeshError && error.code !== "E-INTERRUPTED") return null;
    throw error;
  }
}

/** Words, or `major << 24 | minor << 16 | build`; bare or below `version` or `value`. */
export function readVersion(answer: unknown): string | null {
  if (typeof answer === "string") return /^[\w. ()-]{1,40}$/.test(answer) ? answer : null;
  if (typeof answer === "number" && Number.isInteger(answer) && answer > 0xff_ffff && answer <= 0xffff_ffff) {
    return `${Math.floor(answer / 2 ** 24)}.${Math.floor(answer / 2 ** 16) % 256}.${answer % 65_536}`;
  }
  if (typeof answer !== "object" || answer === null) return null;
  const { value, version } = answer as { readonly value?: unknown; readonly version?: unknown };
  return readVersion(version ?? value ?? null);
}
