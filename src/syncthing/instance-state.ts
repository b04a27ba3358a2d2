import {
  configAnswer,
  pendingDevicesAnswer,
  pendingFoldersAnswer,
  systemStatusAnswer,
} from "./config-answer.ts";
import { localCounts } from "./engine-status.ts";
import type { InstanceState } from "./plan-instance.ts";
import type { Rest } from "./rest-client.ts";
import { dbStatusAnswer } from "./status-answer.ts";

/** Asks an instance what it is set to, and how the folder of that ID stands. Does I/O. Errors: those of `openRest`. */
export async function askState(rest: Rest, folderId: string): Promise<InstanceState> {
  const { myID, tilde } = await rest.get("/rest/system/status", systemStatusAnswer);
  const config = await rest.get("/rest/config", configAnswer);
  return {
    self: myID,
    tilde,
    config,
    // Older than 1.13 they do not exist, and nobody can be told of.
    pending: {
      devices: (await rest.find("/rest/cluster/pending/devices", pendingDevicesAnswer)) ?? {},
      folders: (await rest.find("/rest/cluster/pending/folders", pendingFoldersAnswer)) ?? {},
    },
    ...(config.folders.some(({ id, paused }) => id === folderId && !paused)
      ? await askFolder(rest, folderId)
      : { stopped: undefined, remembered: undefined }),
  };
}

async function askFolder(
  rest: Rest,
  folderId: string,
): Promise<Pick<InstanceState, "stopped" | "remembered">> {
  const status = await rest.find(`/rest/db/status?folder=${encodeURIComponent(folderId)}`, dbStatusAnswer);
  // Paused meanwhile it says nothing but zeros [ran].
  if (status === undefined || (status.state === "" && status.error === "")) {
    return { stopped: undefined, remembered: undefined };
  }
  return {
    stopped: status.error === "" ? undefined : status.error,
    remembered: localCounts(status),
  };
}
