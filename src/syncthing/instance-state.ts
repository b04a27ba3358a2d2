import {
  configAnswer,
  pendingDevicesAnswer,
  pendingFoldersAnswer,
  systemStatusAnswer,
} from "./config-answer.ts";
import type { InstanceState } from "./plan-instance.ts";
import type { Rest } from "./rest-client.ts";
import { dbStatusAnswer } from "./status-answer.ts";
import type { Stopped } from "./stopped-folder.ts";

/** Asks an instance what it is set to, and whether it has stopped the folder. Does I/O. Errors: those of `openRest`. */
export async function askState(rest: Rest, folderId: string): Promise<InstanceState> {
  const { myID, tilde } = await rest.get("/rest/system/status", systemStatusAnswer);
  const config = await rest.get("/rest/config", configAnswer);
  const folder = config.folders.find(({ id }) => id === folderId);
  return {
    self: myID,
    tilde,
    config,
    // Older than 1.13 they do not exist, and nobody can be told of.
    pending: {
      devices: (await rest.find("/rest/cluster/pending/devices", pendingDevicesAnswer)) ?? {},
      folders: (await rest.find("/rest/cluster/pending/folders", pendingFoldersAnswer)) ?? {},
    },
    stopped: folder === undefined ? undefined : await stoppedAt(rest, folderId),
  };
}

async function stoppedAt(rest: Rest, folderId: string): Promise<Stopped | undefined> {
  const status = await rest.find(`/rest/db/status?folder=${encodeURIComponent(folderId)}`, dbStatusAnswer);
  if (status === undefined || status.error === "") return undefined;
  const { localFiles: files, localBytes: bytes } = status;
  return {
    why: status.error,
    known: files === undefined || bytes === undefined ? undefined : { files, bytes },
  };
}
