import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { PimeshError } from "../core/error.ts";
import { sh } from "../core/shell.ts";
import type { Connection } from "../ssh/connection.ts";
import { readAccess } from "./access.ts";
import type { Instance } from "./instance.ts";
import { nothingPaired, readPaired, writePaired, type Paired } from "./paired.ts";
import { openRest } from "./rest-client.ts";

/**
 * Our own Syncthing on a node, spoken to through the connection; undefined where its home holds no configuration, as when the
 * disk is away. `home`: its absolute path on the node, such as `/media/btsync/.pimesh/syncthing`. It need not run: that
 * comes out of the first call. Does I/O: one script as root.
 *
 * `as: "free-root"` asks for no password: for who only looks. Whoever is not root then may see no record of what was paired.
 *
 * Errors: those of `Connection.run`, E-FACTS-INCOMPLETE, E-ENGINE-ANSWER for a configuration that cannot be used, E-SUDO-REFUSED
 * with `free-root` where the configuration is closed to the login's user.
 */
export async function nodeInstance(
  connection: Connection,
  given: {
    readonly home: string;
    readonly downHint: string;
    readonly as?: "root" | "free-root";
    readonly signal?: AbortSignal;
  },
): Promise<Instance | undefined> {
  const { node } = connection;
  const { home } = given;
  const seen = await look(connection, home, given.as ?? "root");
  if (seen === "absent") return undefined;
  if (seen === "closed") {
    throw new PimeshError("E-SUDO-REFUSED", "the key to its Syncthing is root's, and sudo wants a password", {
      node,
      hint: `give ${node} a sudo_password_file (mode 0600) in the inventory`,
    });
  }
  const config = `${home}/config.xml`;
  const access = readAccess(seen.gui);
  if (typeof access === "string") throw unusable(node, config, access);
  const { address, apiKey, tls } = access;
  if (address.kind === "unix" || !/^(?:127\.0\.0\.1|localhost)$/.test(address.host)) {
    throw unusable(node, config, "has its GUI elsewhere than on 127.0.0.1");
  }
  const { signal, downHint } = given;
  const way = signal === undefined ? {} : { signal };
  const rest = openRest({
    node,
    apiKey,
    tls,
    downHint,
    ...way,
    open: () => connection.tunnel(address.port, way),
  });
  const record = seen.paired === "" ? nothingPaired : readPaired(seen.paired);
  const damaged = typeof record === "string";
  return {
    rest,
    whose: "ours",
    paired: damaged ? nothingPaired : record,
    pairedProblem: damaged ? `${recordOf(home)} ${record}` : undefined,
    keepPaired: (next) => keep(connection, home, next),
    [Symbol.dispose]: () => rest[Symbol.dispose](),
  };
}

/** Beside the home, not in it: that folder is the engine's user's, and root writes no file where another may put a link. */
function recordOf(home: string): string {
  return `${home}.paired.json`;
}

/** The `<gui>` element alone: the whole file is some 10 KB, and the line may carry 10 KiB a second. */
async function look(
  connection: Connection,
  home: string,
  as: "root" | "free-root",
): Promise<{ readonly gui: string; readonly paired: string } | "absent" | "closed"> {
  const nonce = randomBytes(8).toString("hex");
  const { stdout, stderr } = await connection.run(
    sh`set -eu
config="$root"${home}/config.xml
paired="$root"${recordOf(home)}
# Behind a folder that is closed nothing seems to be
closed=
for each in "$root"${posix.dirname(home)} "$root"${home}; do
  if [ -d "$each" ] && [ ! -x "$each" ]; then closed=yes; fi
done
if [ -e "$config" ] && [ ! -r "$config" ]; then closed=yes; fi
if [ -n "$closed" ]; then
  printf '\n%s closed\n' ${nonce}
elif [ -e "$config" ]; then
  gui=$(sed -n '/<gui[ >]/,/<\/gui>/p' "$config")
  printf '\n%s gui\n%s\n%s paired\n' ${nonce} "$gui" ${nonce}
  if [ -r "$paired" ]; then cat "$paired"; fi
else
  printf '\n%s absent\n' ${nonce}
fi
printf '\n%s end\n' ${nonce}
`,
    { as },
  );
  const parts = `\n${stdout.toString("utf8")}`.split(`\n${nonce} `).slice(1);
  if (parts.at(-1)?.startsWith("end\n") !== true) {
    const said = stderr.toString("utf8").trim().split("\n")[0] ?? "";
    throw new PimeshError(
      "E-FACTS-INCOMPLETE",
      `the look at Syncthing's home broke off${said === "" ? "" : `: ${said}`}`,
      {
        node: connection.node,
        hint: `run the command again; if it stays so, the disk may be dying: ssh ${connection.node} sudo dmesg`,
      },
    );
  }
  const part = (name: string): string | undefined =>
    parts.find((each) => each.startsWith(`${name}\n`))?.slice(name.length + 1);
  const gui = part("gui");
  if (part("closed") !== undefined) return "closed";
  return gui === undefined ? "absent" : { gui, paired: (part("paired") ?? "").trim() };
}

async function keep(connection: Connection, home: string, paired: Paired): Promise<void> {
  const { code, stderr } = await connection.run(
    sh`set -eu
umask 077
file="$root"${recordOf(home)}
rm -f "$file.new"
cat >"$file.new"
sync "$file.new" 2>/dev/null || sync
mv -f "$file.new" "$file"
`,
    { as: "root", stdin: Buffer.from(writePaired(paired)) },
  );
  if (code === 0) return;
  const said = stderr.toString("utf8").trim().split("\n")[0] ?? "";
  throw new PimeshError("E-STATE", `cannot keep beside ${home} which devices were paired: ${said}`, {
    node: connection.node,
    hint: `ssh ${connection.node} df -h ${home}`,
  });
}

function unusable(node: string, file: string, why: string): PimeshError {
  return new PimeshError("E-ENGINE-ANSWER", `${file} ${why}`, {
    node,
    hint: `write it anew: pimesh provision ${node}`,
  });
}
