import type { Measurement } from "../history/measurement.ts";
import type { Problem, Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";

/** What is wrong with the disk, if anything. */
export function diskProblems({ measurement, name, ssh }: Subject): Problem[] {
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
      return problem(
        "E-DISK-NOT-MOUNTED",
        `${what} is plugged in, but not mounted at ${disk.mount}${isSetUp(measurement) ? ". Nothing counts as deleted" : ""}`,
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

function wanted(disk: Measurement["disk"]): string {
  return disk.pinnedUuid === null
    ? `disk labelled ${disk.label}`
    : `disk labelled ${disk.label} with UUID ${disk.pinnedUuid}`;
}

function inBrackets(detail: string | null): string {
  return detail === null ? "" : ` (${detail})`;
}
