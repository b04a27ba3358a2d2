import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { makeKeyPair } from "./key-pair.ts";
import type { RealServer } from "./openssh-server.ts";
import { requires, searchPath } from "./requires.ts";
import { freePort, startServer } from "./server-process.ts";

export interface DropbearOptions {
  /** Stands for `/` of the node: PIMESH_ROOT of every session. */
  readonly root?: string;
  /** Folders to look in before the usual PATH, for stand-ins. */
  readonly path?: string;
}

/**
 * A real Dropbear on loopback. It looks for authorized_keys only in the home folder that /etc/passwd names (the option
 * for another place is newer than the packages), so it runs in a mount namespace of its own with another /etc/passwd:
 * the real ~/.ssh is not touched. A forced command brings the environment and runs what was asked for.
 */
export async function startDropbear(options: DropbearOptions = {}): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), "pimesh-dropbear-"));
  const { username, uid, gid } = userInfo();
  const home = join(folder, "home");
  mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  const identity = makeKeyPair(join(folder, "identity"));
  const session = join(folder, "session");
  writeFileSync(
    session,
    [
      "#!/bin/sh",
      `PATH='${options.path === undefined ? "" : `${options.path}:`}${searchPath}'`,
      "export PATH",
      ...(options.root === undefined ? [] : [`PIMESH_ROOT='${options.root}'`, "export PIMESH_ROOT"]),
      'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"',
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  writeFileSync(join(home, ".ssh", "authorized_keys"), `command="${session}" ${identity.publicLine}\n`, {
    mode: 0o600,
  });
  const passwd = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .filter((line) => !line.startsWith(`${username}:`));
  writeFileSync(
    join(folder, "passwd"),
    [`${username}:x:${uid}:${gid}::${home}:/bin/sh`, ...passwd].join("\n"),
  );
  execFileSync("dropbearkey", ["-t", "ed25519", "-f", join(folder, "host")], { stdio: "ignore" });
  const publicLine =
    /^ssh-ed25519 \S+/m.exec(
      execFileSync("dropbearkey", ["-y", "-f", join(folder, "host")], { encoding: "utf8" }),
    )?.[0] ?? "";
  writeFileSync(join(folder, "host.pub"), `${publicLine}\n`);
  const fingerprint =
    execFileSync("ssh-keygen", ["-l", "-f", join(folder, "host.pub")], { encoding: "utf8" }).split(" ")[1] ??
    "";
  const port = await freePort();
  const dropbear = [
    "dropbear",
    "-F",
    "-E",
    "-s",
    "-p",
    `127.0.0.1:${port}`,
    "-r",
    join(folder, "host"),
    "-P",
    join(folder, "pid"),
  ];
  const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';
  const bind = ["sh", "-c", script, "sh", join(folder, "passwd")];
  // Back to the own user id: as root Dropbear would try to set groups, which a user namespace forbids.
  const asMyself = ["unshare", "--user", `--map-user=${uid}`, `--map-group=${gid}`];
  const server = await startServer(
    "unshare",
    uid === 0
      ? ["--mount", ...bind, ...dropbear]
      : ["--user", "--map-root-user", "--mount", ...bind, ...asMyself, ...dropbear],
    port,
    { ...process.env, PATH: searchPath },
  );
  return {
    host: "127.0.0.1",
    port,
    user: username,
    home,
    hostKeys: [{ file: join(folder, "host"), privateKey: "", publicLine, fingerprint }],
    identity,
    log: server.log,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Can this user make a mount namespace? In some containers nobody can. */
export function canStartDropbear(): boolean {
  const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  if (!requires("dropbear", "dropbearkey", "unshare", "ssh-keygen")) return false;
  if (spawnSync("unshare", [...user, "--mount", "true"]).status === 0) return true;
  process.stderr.write("tests are skipped: this machine allows no mount namespace\n");
  return false;
}
