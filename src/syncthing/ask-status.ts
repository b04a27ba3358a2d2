import { folderAnswer, systemStatusAnswer } from "./config-answer.ts";
import type { Rest } from "./rest-client.ts";
import {
  completionAnswer,
  connectionsAnswer,
  dbStatusAnswer,
  devicesAnswer,
  deviceStatsAnswer,
  versionAnswer,
  type StatusAnswers,
} from "./status-answer.ts";

/**
 * Asks an instance how it stands with one folder: some 5 KB, and twice as many questions as it has peers. The manual calls two of
 * them expensive: not more often than twice a minute. Does I/O. Errors: those of `openRest`.
 */
export async function askStatus(rest: Rest, folderId: string): Promise<StatusAnswers> {
  const { myID: self } = await rest.get("/rest/system/status", systemStatusAnswer);
  const { version } = await rest.get("/rest/system/version", versionAnswer);
  const devices = await rest.get("/rest/config/devices", devicesAnswer);
  const id = encodeURIComponent(folderId);
  const folder = await rest.find(`/rest/config/folders/${id}`, folderAnswer);
  const status =
    folder === undefined ? undefined : await rest.find(`/rest/db/status?folder=${id}`, dbStatusAnswer);
  const { connections } = await rest.get("/rest/system/connections", connectionsAnswer);
  const stats = await rest.get("/rest/stats/device", deviceStatsAnswer);
  const completions: Record<string, StatusAnswers["completions"][string]> = {};
  for (const { deviceID } of folder?.devices ?? []) {
    if (deviceID === self) continue;
    const device = encodeURIComponent(deviceID);
    // 404 while the folder is paused [ran].
    completions[deviceID] = await rest.find(
      `/rest/db/completion?folder=${id}&device=${device}`,
      completionAnswer,
    );
  }
  return { self, version, devices, folder, status, connections, stats, completions };
}
