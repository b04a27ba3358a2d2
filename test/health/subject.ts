import type { Subject } from "../../src/health/problem.ts";
import type { Measurement } from "../../src/history/measurement.ts";
import { laptopCounts } from "../report/measurements.ts";

/** A node called mom with Syncthing and no swap, against a laptop that holds the same. */
export function subjectOf(measurement: Measurement, changes: Partial<Subject> = {}): Subject {
  return {
    name: "mom",
    measurement,
    wanted: { swap: false, engine: "syncthing" },
    engineTitle: "Syncthing",
    family: [{ name: "mom", engine: "syncthing" }],
    tree: "/media/btsync/btsync",
    reference: laptopCounts,
    before: undefined,
    countError: undefined,
    pausedByUs: false,
    ssh: (command) => `ssh pi@mom ${command}`,
    ...changes,
  };
}
