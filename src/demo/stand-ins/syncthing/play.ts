import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Pi } from "../../pi.ts";
import { setPort } from "../../pi-ports.ts";
import { writeEntry } from "../../write-files.ts";
import type { Version } from "./config-model.ts";
import type { Family } from "./member.ts";
import { startSyncthing, type Running } from "./start.ts";

/** Where `generate` puts the API. */
const guiPort = 8384;

/** Plays Syncthing on a simulated Pi while its systemctl says that the unit runs, by the home that the unit names. */
export function playOnPi(pi: Pi, version: Version, family: Family): AsyncDisposable {
  let running: { readonly mark: string; readonly stop: Running["stop"] } | undefined;
  const stop = (): void => {
    setPort(pi, guiPort, undefined);
    running?.stop();
    running = undefined;
  };
  const tend = async (): Promise<void> => {
    const wanted = wantedOn(pi);
    if (wanted?.mark === running?.mark) return;
    stop();
    if (wanted === undefined) return;
    const { folder, mark } = wanted;
    const placeOf = (path: string): string => join(pi.root, path);
    const started = await startSyncthing({ name: pi.name, version, tilde: pi.home, folder, placeOf }, family);
    running = { mark, stop: started.stop };
    setPort(pi, guiPort, started.port);
  };
  stop();
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // Its disk may leave while its keys are read: the next look finds that it does not run
    last = last.then(tend).catch(stop);
  }, 50);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await last;
      stop();
    },
  };
}

/** `mark` is another one after each start; undefined: it does not run, or has no keys yet. */
function wantedOn(pi: Pi): { readonly folder: string; readonly mark: string } | undefined {
  const units = join(pi.root, ".sim/running");
  const unit = readdirSync(units).find((name) => /^syncthing@.*\.service$/.test(name));
  if (unit === undefined) return undefined;
  const home = /^\/usr\/bin\/syncthing serve .*--home=(\S+)/.exec(
    readFileSync(join(units, unit), "utf8"),
  )?.[1];
  if (home === undefined) return undefined;
  const folder = join(pi.root, home);
  if (!existsSync(join(folder, "config.xml"))) return undefined;
  const { ino, mtimeMs } = statSync(join(units, unit));
  return { folder, mark: `${ino} ${mtimeMs}` };
}

/** Plays the user's own Syncthing on the laptop of the play, with keys and a configuration below `home`. */
export async function playOnLaptop(home: string, version: Version, family: Family): Promise<Disposable> {
  const folder = join(home, ".config/syncthing");
  const apiKey = randomBytes(16).toString("hex");
  const config = (port: number): void =>
    writeEntry(join(folder, "config.xml"), {
      content: `<configuration version="36"><gui enabled="true" tls="false"><address>127.0.0.1:${port}</address><apikey>${apiKey}</apikey></gui></configuration>\n`,
      mode: 0o600,
    });
  config(guiPort);
  writeEntry(join(folder, "cert.pem"), randomBytes(32));
  const { port, stop } = await startSyncthing(
    { name: "laptop", version, tilde: home, folder, placeOf: asItIs },
    family,
  );
  config(port);
  return { [Symbol.dispose]: stop };
}

function asItIs(path: string): string {
  return path;
}
