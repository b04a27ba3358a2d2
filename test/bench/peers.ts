import { spawnSync } from "node:child_process";
import { searchPath } from "../support/requires.ts";

/** Which program a peer is, and the Debian package that has it. */
export const peerPrograms = {
  rsync: { program: "rsync", package: "rsync" },
  rclone: { program: "rclone", package: "rclone" },
  zstd: { program: "zstd", package: "zstd" },
  pssh: { program: "parallel-ssh", package: "pssh" },
  Ansible: { program: "ansible-playbook", package: "ansible-core" },
} as const;

export type PeerProgram = keyof typeof peerPrograms;

const names = Object.keys(peerPrograms) as PeerProgram[];

export function missingPeers(): PeerProgram[] {
  return names.filter((name) => !isThere(peerPrograms[name].program));
}

/** One at a time, so that one that fails does not take the others with it; three tries each. */
export function installPeers(missing: readonly PeerProgram[], say: (text: string) => void): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): boolean =>
    spawnSync("apt-get", ["-q", "-y", "--no-install-recommends", ...args], { env, stdio: ["ignore", 2, 2] })
      .status === 0;
  if (missing.length > 0) apt("update");
  for (const name of missing) {
    say(`installing ${peerPrograms[name].package}`);
    for (let tries = 0; tries < 3 && !apt("install", peerPrograms[name].package); tries += 1);
  }
}

/** `rsync 3.5.0`: what the results are to be repeated with. */
export function versions(): string[] {
  const programs = [
    ["ssh", "-V"],
    ["python3", "--version"],
    ...names.map((name) => [peerPrograms[name].program, "--version"]),
  ];
  return programs.flatMap(([program = "", flag = ""]) => {
    const { stdout, stderr } = spawnSync(program, [flag], {
      encoding: "utf8",
      env: { PATH: searchPath, LC_ALL: "C.UTF-8" },
    });
    const version = /\d+\.\d+[\w.]*/.exec(`${stdout ?? ""}${stderr ?? ""}`)?.[0];
    return version === undefined ? [] : [`${program} ${version}`];
  });
}

function isThere(program: string): boolean {
  return (
    spawnSync("/bin/sh", ["-c", 'command -v "$0" >/dev/null', program], { env: { PATH: searchPath } })
      .status === 0
  );
}
