import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { keepFile } from "../state/keep-file.ts";
import type { GuiAddress } from "./access.ts";
import type { Instance } from "./instance.ts";
import { findLaptopSyncthing, type Surroundings } from "./laptop-config.ts";
import { nothingPaired, readPaired, writePaired, type Paired } from "./paired.ts";
import { openRest } from "./rest-client.ts";

/**
 * The user's own Syncthing on this machine; undefined where there is none. It need not run: that comes out of the first call.
 * Does I/O. Errors: E-ENGINE-ANSWER for a configuration that cannot be used.
 */
export async function laptopInstance(
  surroundings: Surroundings & { readonly stateFolder: string; readonly signal: AbortSignal },
): Promise<Instance | undefined> {
  const found = await findLaptopSyncthing(surroundings);
  if (found === undefined) return undefined;
  const { apiKey, address, tls } = found.access;
  const { signal } = surroundings;
  const downHint = "start it: systemctl --user start syncthing";
  const rest = openRest({ node: "laptop", apiKey, tls, downHint, signal, open: () => dialed(address) });
  const file = join(surroundings.stateFolder, "syncthing-paired.json");
  const { paired, problem } = await readRecord(file);
  return {
    rest,
    whose: "theirs",
    paired,
    pairedProblem: problem,
    keepPaired: (next) => keepFile(file, writePaired(next), "which devices were paired", "laptop"),
    [Symbol.dispose]: () => rest[Symbol.dispose](),
  };
}

async function dialed(address: GuiAddress): Promise<Duplex> {
  const socket =
    address.kind === "unix" ? connect(address.path) : connect({ host: address.host, port: address.port });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function readRecord(
  file: string,
): Promise<{ readonly paired: Paired; readonly problem: string | undefined }> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { paired: nothingPaired, problem: missing ? undefined : `${file} cannot be read` };
  }
  const read = readPaired(text);
  return typeof read === "string"
    ? { paired: nothingPaired, problem: `${file} ${read}` }
    : { paired: read, problem: undefined };
}
