import type { Laptop } from "./laptop.ts";
import type { Place } from "./place.ts";
import type { PeerProgram } from "./peers.ts";
import type { Peer } from "./row.ts";
import type { Trees } from "./trees.ts";

/** How somebody without pimesh compares two trees over SSH. */
export interface TreePeer {
  readonly name: Peer;
  readonly needs: PeerProgram;
  readonly command: (place: Place, laptop: Laptop, trees: Trees) => readonly string[];
  /** Exit codes that are no failure. */
  readonly codes: readonly number[];
  /** Paths, in latin1, that its answer calls different; folders left out. */
  readonly reported: (stdout: Buffer) => string[];
  /** So slow that once has to do. */
  readonly once?: true;
}

/** Lists of what `find` says, sorted where it was found and sent packed; `comm` keeps what only one of them has. */
const listing = String.raw`list() { cd "$1" && find . -type f -printf '%P\t%s\t%T@\0' | LC_ALL=C sort -z; }`;

export const treePeers: readonly TreePeer[] = [
  {
    name: "rsync",
    needs: "rsync",
    command: (_, { sshConfig }, { left, right }) => [
      "rsync",
      "-a",
      "-n",
      "-i",
      "--delete",
      "-e",
      `ssh -F ${sshConfig}`,
      `${left}/`,
      `pi:${right}/`,
    ],
    codes: [0],
    reported: rsyncReported,
  },
  {
    name: "find+zstd",
    needs: "zstd",
    command: (_, { sshConfig }, { left, right }) => [
      "bash",
      "-c",
      `${listing}; LC_ALL=C comm -z -3 <(list "$1") <(ssh -F "$2" pi "$3" | zstd -d -q)`,
      "bash",
      left,
      sshConfig,
      `${listing}; list ${right} | zstd -3 -q`,
    ],
    codes: [0],
    reported: commReported,
  },
  {
    name: "rclone",
    needs: "rclone",
    command: ({ line, identity }, { user }, { left, right, pi }) => [
      ..."rclone check --config= --combined - --sftp-host".split(" "),
      line.host,
      `--sftp-port=${pi.port}`,
      `--sftp-user=${user}`,
      `--sftp-key-file=${identity.file}`,
      // Without it both sides would read all contents
      "--size-only",
      left,
      `:sftp:${right}`,
    ],
    codes: [0, 1],
    reported: rcloneReported,
    once: true,
  },
];

/** Of `rsync --itemize-changes`; it writes odd bytes as `\#ooo`. A folder's time is nobody's difference. */
export function rsyncReported(stdout: Buffer): string[] {
  return stdout
    .toString("latin1")
    .split("\n")
    .flatMap((line) => {
      const [, path] =
        /^\*deleting {3}([\s\S]*[^/])$/.exec(line) ?? /^[<>ch.][^d].{9} ([\s\S]*)$/.exec(line) ?? [];
      return path === undefined
        ? []
        : [
            path.replaceAll(/\\#([0-7]{3})/g, (_, octal: string) =>
              String.fromCharCode(Number.parseInt(octal, 8)),
            ),
          ];
    });
}

/** Of `comm -z -3`: a tab before what only the second list has, then path, size and time with tabs between. */
export function commReported(stdout: Buffer): string[] {
  const paths = stdout
    .toString("latin1")
    .split("\0")
    .filter(Boolean)
    .map((record) => record.replace(/^\t/, "").replace(/\t[^\t]*\t[^\t]*$/, ""));
  return [...new Set(paths)];
}

/** Of `rclone check --combined`: a symbol and a blank before each path; a line without is the rest of a name. */
export function rcloneReported(stdout: Buffer): string[] {
  return stdout
    .toString("latin1")
    .replace(/\n$/, "")
    .split(/\n(?=[-+*!=] )/)
    .flatMap((record) => (record === "" || record.startsWith("= ") ? [] : [record.slice(2)]));
}

/** Of `pimesh diff --json`: its differences as `KIND PATH`, for it can tell what kind each is. */
export function pimeshReported(stdout: Buffer): { readonly path: string; readonly kind: string }[] {
  const { differences } = JSON.parse(stdout.toString("utf8")) as {
    differences: { path: string; pathBase64?: string; kind: string }[];
  };
  return differences.map(({ path, pathBase64, kind }) => ({
    path: (pathBase64 === undefined ? Buffer.from(path) : Buffer.from(pathBase64, "base64")).toString(
      "latin1",
    ),
    kind,
  }));
}

/** What `diff -v` says of them: `3 round trips`. */
export function roundTripsIn(said: string): number | undefined {
  const found = /(\d+) round trips?/.exec(said.replaceAll(/(?<=\d),(?=\d)/g, ""))?.[1];
  return found === undefined ? undefined : Number(found);
}
