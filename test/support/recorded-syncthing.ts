import { readFileSync } from "node:fs";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Files } from "../../src/demo/pi-options.ts";
import { apiServer } from "../../src/demo/stand-ins/syncthing/api-server.ts";
import { syncthingHome } from "../../src/syncthing/our-folder.ts";
import { mom } from "../facts/mom.ts";

/** By path and query, what a Syncthing 1.19.2 said on a node that is in sync with one other home and holds four files. */
export type Answers = Readonly<Record<string, object>>;

export interface RecordedSyncthing {
  /** What a test has changed, until it takes it back: by path, over what was recorded. */
  changed: Answers;
  /** How often it was asked anything. */
  asked: number;
  /** Its configuration, where status looks for it: files of a simulated Pi's disk. */
  readonly onDisk: Files;
  close(): void;
}

/** Answers what a real one has answered, to whoever has its key. */
export async function recordedSyncthing(): Promise<RecordedSyncthing> {
  const recorded = JSON.parse(
    readFileSync(new URL("../syncthing/answers/status-1.19.2.json", import.meta.url), "utf8"),
  ) as Answers;
  const server = apiServer({
    apiKey: () => apiKey,
    version: "v1.19.2-ds1",
    answer({ path, query }) {
      const key = query === "" ? path : `${path}?${query}`;
      const known = recorded[key];
      return known === undefined
        ? undefined
        : Array.isArray(known)
          ? known
          : { ...known, ...syncthing.changed[key] };
    },
  });
  server.on("request", () => {
    syncthing.asked += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port } = server.address() as AddressInfo;
  const config = `<configuration version="36">
    <gui enabled="true" tls="false" debugging="false">
        <address>127.0.0.1:${port}</address>
        <apikey>${apiKey}</apikey>
    </gui>
</configuration>
`;
  const home = syncthingHome(mom).slice(mom.disk.mount.length + 1);
  const syncthing: RecordedSyncthing = {
    changed: {},
    asked: 0,
    onDisk: { [`${home}/config.xml`]: config },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return syncthing;
}

const apiKey = "recorded-k3y";
