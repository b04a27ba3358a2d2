import type { Measurement } from "../history/measurement.ts";
import { strangerText } from "../facts/wrong-disk.ts";
import { countOf, type Problem, type Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";

/** What is wrong with the disk and with its place, if anything. */
export function diskProblems(subject: Subject): Problem[] {
  return [...stateProblems(subject), ...placeProblems(subject)];
}

function stateProblems({ measurement, name, ssh }: Subject): Problem[] {
  const { disk } = measurement;
  const kind = diskIsAbsent(measurement) ? "disk" : "degraded";
  const problem = (code: string, message: string, command: string): Problem[] => [
    { code, message, try: command, kind },
  ];
  const what = disk.device === null ? "its disk" : `its disk (${disk.device})`;
  switch (disk.state) {
    case "absent":
      return problem(
        "E-DISK-ABSENT",
        `its disk is not there: no ${wanted(disk)} is plugged in. Nothing counts as deleted. Check its cable and its power supply, then look again`,
        ssh("lsblk -f"),
      );
    case "wrong":
      if (disk.stranger === "identity") {
        return problem(
          "E-DISK-WRONG",
          `${what} carries the identity file of ${disk.detail === name || disk.detail === null || disk.detail === "" ? "another disk: it is a copy" : `${disk.detail}: it is the disk of another home, or a copy of it`}. Plug its own disk in`,
          ssh(`cat ${disk.mount}/.pimesh/identity`),
        );
      }
      if (disk.stranger !== undefined) {
        return problem(
          "E-DISK-WRONG",
          `the disk labelled ${disk.label} (${disk.device ?? "unknown"}${disk.fstype === undefined ? "" : `, ${disk.fstype}`}) is not its own, but ${strangerText(disk.stranger)}: UUID ${disk.uuid ?? "unknown"}, pinned is ${disk.pinnedUuid ?? "none"}. Nothing counts as deleted`,
          ssh("lsblk -f"),
        );
      }
      return problem(
        "E-DISK-WRONG",
        `the disk at ${disk.mount} is not its own: UUID ${disk.uuid ?? "unknown"}, pinned is ${disk.pinnedUuid ?? "none"}. Plug its own disk in`,
        ssh("lsblk -f"),
      );
    case "ambiguous":
      return problem(
        "E-DISK-AMBIGUOUS",
        `more than one disk is labelled ${disk.label}${inBrackets(disk.detail)}: which is the right one cannot be known. Unplug the other`,
        ssh("lsblk -f"),
      );
    case "unmounted":
      if (disk.taken !== undefined) {
        return problem(
          "E-MOUNT-POINT-TAKEN",
          `${what} is plugged in, but something else is mounted at ${disk.mount}: ${disk.taken}. Nothing counts as deleted`,
          ssh(`sudo umount ${disk.mount}`),
        );
      }
      if (disk.fstype !== undefined) {
        return problem(
          "E-DISK-NOT-EXT4",
          `${what} is ${disk.fstype}, not ext4, and is not mounted at ${disk.mount}`,
          ssh("lsblk -f"),
        );
      }
      return problem(
        "E-DISK-NOT-MOUNTED",
        `${what} is plugged in, but not mounted at ${disk.mount}${inBrackets(disk.detail)}${isSetUp(measurement) ? ". Nothing counts as deleted" : ""}`,
        `pimesh provision ${name}`,
      );
    case "elsewhere":
      return problem(
        "E-DISK-ELSEWHERE",
        `${what} is mounted at ${disk.detail ?? "another place"} instead of ${disk.mount}: an automounter took it. What is written to ${disk.mount} now would fill the SD card`,
        `pimesh provision ${name}`,
      );
    case "read-only":
      return problem(
        "E-DISK-READ-ONLY",
        `${what} is read-only: a switch on it, or its file system has found errors. Nothing new is saved on it`,
        ssh("dmesg"),
      );
    case "not-ext4":
      return problem(
        "E-DISK-NOT-EXT4",
        `${what} is ${disk.detail ?? "no known file system"}, not ext4`,
        ssh("lsblk -f"),
      );
    case "unknown":
      return problem(
        "E-FACTS-INCOMPLETE",
        `it could not say whether its disk is there${inBrackets(disk.detail)}`,
        ssh("lsblk -f"),
      );
    case "ready":
      break;
  }
  if (disk.rivals.length === 0) return [];
  return problem(
    "E-DISK-AMBIGUOUS",
    `the right disk is in use, but ${disk.rivals.join(", ")} looks the same (its label, or a copy of it): at the next start the wrong one could be taken. Unplug it`,
    ssh("lsblk -f"),
  );
}

/** What lies around the mount point, and the identity file. */
function placeProblems({ measurement, name, ssh }: Subject): Problem[] {
  const { disk } = measurement;
  const problems: Problem[] = [];
  if (disk.identity === "missing" && isSetUp(measurement)) {
    problems.push({
      code: "W-NO-IDENTITY",
      message:
        "its disk has the right UUID, but no identity file: its engine does not start. If it is the right disk, provision writes a new one",
      try: `pimesh provision ${name} --dry-run`,
      kind: "degraded",
    });
  }
  const hidden = disk.hidden ?? 0;
  if (hidden > 0) {
    problems.push({
      code: "E-HIDDEN-FILES",
      message: `${countOf(hidden, "file or folder", "files or folders")} on its SD card, in ${disk.mount}, where its disk belongs: once the disk is mounted, nobody sees them any more`,
      try: `pimesh provision ${name} --move-hidden --dry-run`,
      kind: "degraded",
    });
  }
  for (const twin of disk.twins ?? []) {
    problems.push({
      code: "W-TWIN-FOLDER",
      message: `there is ${twin}, which an automounter has made beside ${disk.mount}: what was written there is on the SD card, not on the disk`,
      try: ssh(`ls -la ${twin}`),
      kind: "degraded",
    });
  }
  return problems;
}

function wanted(disk: Measurement["disk"]): string {
  return disk.pinnedUuid === null
    ? `disk labelled ${disk.label}`
    : `disk labelled ${disk.label} with UUID ${disk.pinnedUuid}`;
}

function inBrackets(detail: string | null): string {
  return detail === null ? "" : ` (${detail})`;
}
