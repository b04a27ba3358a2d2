import {
  configAnswer,
  pendingDevicesAnswer,
  pendingFoldersAnswer,
  systemStatusAnswer,
} from "./config-answer.ts";
import type { InstanceState } from "./plan-instance.ts";
import type { Rest } from "./rest-client.ts";

/** Asks an instance what it is set to. Does I/O. Errors: those of `openRest`. */
export async function askState(rest: Rest): Promise<InstanceState> {
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
  };
}
