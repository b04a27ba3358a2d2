import { folderAnswer } from "./config-answer.ts";
import type { Rest } from "./rest-client.ts";

/** False: there is no such folder, or somebody has paused it already, and it is theirs to resume. Errors: those of `openRest`. */
export async function isPausable(rest: Rest, id: string): Promise<boolean> {
  const folder = await rest.find(pathOf(id), folderAnswer);
  return folder !== undefined && !folder.paused;
}

/** Errors: those of `openRest`. */
export async function pauseFolder(rest: Rest, id: string): Promise<void> {
  await rest.send("PATCH", pathOf(id), { paused: true });
}

/** A folder that is gone meanwhile is nobody's loss. Errors: those of `openRest`. */
export async function resumeFolder(rest: Rest, id: string): Promise<void> {
  const path = pathOf(id);
  const folder = await rest.find(path, folderAnswer);
  if (folder?.paused === true) await rest.send("PATCH", path, { paused: false });
}

function pathOf(id: string): string {
  return `/rest/config/folders/${encodeURIComponent(id)}`;
}
