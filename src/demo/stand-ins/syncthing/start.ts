import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseDeviceId } from "../../../inventory/device-id.ts";
import { answerOf } from "./answers.ts";
import { apiServer } from "./api-server.ts";
import { freshConfig, type Config, type Version } from "./config-model.ts";
import type { Family, Member } from "./member.ts";

export interface Home {
  readonly name: string;
  readonly version: Version;
  readonly tilde: string;
  /** Where its configuration and keys really lie: those that `generate` makes. */
  readonly folder: string;
  readonly placeOf: Member["placeOf"];
}

export interface Running {
  readonly member: Member;
  /** Of 127.0.0.1, where its API listens. */
  readonly port: number;
  readonly stop: () => void;
}

/**
 * STAND-IN for `syncthing serve`: the REST API of a home whose keys are there, over the folders that really lie there. It takes
 * calls as the real one does and keeps its configuration; it moves files only when it is told to (`exchange`).
 */
export async function startSyncthing(home: Home, family: Family): Promise<Running> {
  const id = idOf(readFileSync(join(home.folder, "cert.pem")));
  const apiKey = /<apikey>([^<]*)</.exec(readFileSync(join(home.folder, "config.xml"), "utf8"))?.[1] ?? "";
  const kept = join(home.folder, "stand-in.json");
  const member: Member = {
    ...home,
    id,
    config: configIn(kept, id) ?? named(freshConfig(home.version, id), home.name),
    seen: new Map(),
    heard: new Map(),
    found: new Map(),
  };
  const server = apiServer({
    apiKey: () => apiKey,
    version: `v${home.version}`,
    answer(call) {
      const answer = answerOf(member, call, family);
      if (call.method !== "GET") writeFileSync(kept, JSON.stringify(member.config), { mode: 0o600 });
      return answer;
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  family.add(member);
  return {
    member,
    port: (server.address() as AddressInfo).port,
    stop: () => {
      family.delete(member);
      server.close();
      server.closeAllConnections();
    },
  };
}

function configIn(file: string, id: string): Config | undefined {
  if (!existsSync(file)) return undefined;
  const config = JSON.parse(readFileSync(file, "utf8")) as Config;
  // With other keys it is another device, which knows nobody
  return config.devices.some(({ deviceID }) => deviceID === id) ? config : undefined;
}

function named(config: Config, name: string): Config {
  for (const device of config.devices) device["name"] = name;
  return config;
}

/** As Syncthing's: the SHA-256 of the certificate in base32, with its check digits. */
function idOf(certificate: Buffer): string {
  const bits = [...createHash("sha256").update(certificate).digest()]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const letters = (bits.match(/.{1,5}/g) ?? []).map(
    (five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five.padEnd(5, "0"), 2)],
  );
  const parsed = parseDeviceId(letters.join(""));
  if ("problem" in parsed) throw new Error(`a device ID that ${parsed.problem}`);
  return parsed.id;
}
