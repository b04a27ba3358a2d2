import { formatBytes } from "../core/bytes.ts";
import { formatDuration } from "../core/duration.ts";
import { fitsInMemory } from "../engine/memory-model.ts";
import { swapAreasAtMost } from "../facts/dead-swap.ts";
import { holdsTree, type Measurement } from "../history/measurement.ts";
import { countOf, type Problem, type Subject } from "./problem.ts";
import { diskIsAbsent, isSetUp } from "./state.ts";
import { thresholds } from "./thresholds.ts";

/** Swap that is off although it is needed, and swap that wears the card out. */
export function swapProblems(subject: Subject): Problem[] {
  const { measurement, wanted, name, ssh } = subject;
  const { swap, disk } = measurement;
  if (swap === null) return [];
  const problems: Problem[] = [];
  const onCard = swap.areas.filter((area) => area.on === "card");
  if (onCard.length > 0) {
    problems.push({
      code: "W-SWAP-ON-CARD",
      message: `it swaps to its SD card (${onCard.map(({ path }) => path).join(", ")}), which wears the card out`,
      try: `pimesh provision ${name} --dry-run`,
      kind: "degraded",
    });
  }
  const gone = swap.areas.filter((area) => area.on === "gone");
  if (gone.length > 0) {
    const all = swap.areas.length;
    const near = all >= swapAreasAtMost - 5;
    problems.push({
      code: "W-SWAP-LOST",
      message: `${gone.length === 1 ? "a dead swap area of a pulled disk stays" : `${gone.length} dead swap areas of a pulled disk stay`} until it is rebooted${near ? `; soon its kernel takes no more swap: ${all} areas of at least ${swapAreasAtMost} are used up` : ""}`,
      try: ssh("sudo reboot"),
      kind: "degraded",
    });
  }
  const isOn = swap.areas.some((area) => area.on === "disk");
  // Its script clears the note when the swap is on by right
  if (isOn && swap.held !== undefined) {
    problems.push({
      code: "W-SWAP-EXPOSED",
      message: `swap: ${swap.held}; a pulled disk could crash the whole machine`,
      try: `pimesh provision ${name} --only swap --dry-run`,
      kind: "degraded",
    });
  }
  if (wanted.swap === false || isOn || !isSetUp(measurement) || diskIsAbsent(measurement)) return problems;
  const off = (why: string, command: string): Problem[] => [
    ...problems,
    { code: "W-SWAP-OFF", message: `swap off: ${why}`, try: command, kind: "degraded" },
  ];
  if (wanted.swap.policy === "shared") {
    // `auto` makes no file where the engine fits into memory
    if (wanted.swap.bytes === "auto" && wanted.swap.require !== true && !engineNeedsSwap(subject))
      return problems;
    return off(
      swap.held ?? `the swap file on ${disk.mount} is not switched on`,
      `pimesh provision ${name} --only swap --dry-run`,
    );
  }
  // Where the engine fits into memory, provision leaves the swap off on purpose: nothing is missing.
  if (!engineNeedsSwap(subject)) return problems;
  if (measurement.init !== undefined && measurement.init !== "systemd") {
    return off(
      "without systemd nobody can be kept out of it, and a pulled disk could crash the whole machine; the engine has to live without. swap: { policy: shared } in the inventory takes that risk",
      `pimesh provision ${name} --only swap --dry-run`,
    );
  }
  if (swap.isolation === false) return off(...controllerOff(swap.boot, subject));
  return off(
    swap.held ?? `the engine may need it, and the swap file on ${disk.mount} is not switched on`,
    `pimesh provision ${name} --only swap --dry-run`,
  );
}

/** Why the kernel's memory controller is off, and the command that goes on from there. */
function controllerOff(
  boot: NonNullable<Measurement["swap"]>["boot"],
  { name, ssh, wanted }: Subject,
): readonly [string, string] {
  const gate = wanted.swap !== false && wanted.swap.require === true;
  const engine = gate ? "waits, as swap: { require: true } says" : "has to live without";
  const without = `a pulled disk could crash the whole machine; the engine ${engine}`;
  switch (boot) {
    case "waits":
      return [
        `its kernel command line has the word for the memory controller, and it waits for a reboot${gate ? "; so does the engine" : ""}`,
        ssh("sudo reboot"),
      ];
    case "ignored":
      return [
        `its kernel was asked for the memory controller and has none, so ${without}. A newer kernel may help`,
        ssh("uname -r"),
      ];
    case "blocked":
    case "by-hand":
      return [
        `its kernel's memory controller is off, so ${without}. pimesh cannot switch it on there, and says why`,
        `pimesh provision ${name} --dry-run`,
      ];
    case "change":
    case undefined:
    default:
      return [
        `its kernel's memory controller is off, so ${without}. pimesh can switch it on; that takes a reboot`,
        `pimesh provision ${name} --accept-boot-change`,
      ];
  }
}

/** As provision decides it: by the larger of what the node holds and what it is to hold, unless a person says so. */
function engineNeedsSwap({ measurement, wanted, reference }: Subject): boolean {
  if (wanted.engine !== false && wanted.swap !== false && wanted.swap.require === true) return true;
  const files = Math.max(measurement.counts?.files ?? 0, reference?.files ?? 0);
  if (wanted.engine === false || measurement.memory === null) return false;
  return !fitsInMemory(wanted.engine, files, measurement.memory.bytes);
}

/** What runs full. */
export function spaceProblems({ measurement, reference, ssh }: Subject): Problem[] {
  const { disk, card, counts } = measurement;
  const problems: Problem[] = [];
  if (card.free !== null && card.free < thresholds.cardFree) {
    problems.push({
      code: "W-CARD-FULL",
      message: `only ${formatBytes(card.free)} free on its SD card`,
      try: ssh("sudo du -xh -d 2 /var"),
      kind: "degraded",
    });
  }
  if (holdsTree(disk.state)) {
    const low = Math.max(thresholds.diskFree, (disk.bytes ?? 0) * thresholds.diskFreeShare);
    const missing = Math.max(0, (reference?.bytes ?? 0) - (counts?.bytes ?? reference?.bytes ?? 0));
    if (disk.free !== null && missing > disk.free) {
      problems.push({
        code: "W-DISK-TOO-SMALL",
        message: `${formatBytes(missing)} of the laptop's files are still missing, but only ${formatBytes(disk.free)} are free on its disk`,
        try: ssh(`df -h ${disk.mount}`),
        kind: "degraded",
      });
    } else if (disk.free !== null && disk.free < low) {
      problems.push({
        code: "W-DISK-FULL",
        message:
          disk.free < thresholds.diskFull
            ? `its disk is full (${formatBytes(disk.free)} free): its engine does not start any more`
            : `only ${formatBytes(disk.free)} free on its disk`,
        try: ssh(`df -h ${disk.mount}`),
        kind: "degraded",
      });
    }
  }
  for (const [place, path, part] of [
    ["disk", disk.mount, holdsTree(disk.state) ? disk : undefined],
    ["SD card", "/", card],
  ] as const) {
    if (part === undefined || part.inodes === null || part.inodesFree === null || part.inodes === 0) continue;
    if (part.inodesFree >= part.inodes * thresholds.inodesFreeShare) continue;
    problems.push({
      code: "W-INODES",
      message: `its ${place} has room for only ${countOf(part.inodesFree, "more file")}, whatever their size`,
      try: ssh(`df -i ${path}`),
      kind: "degraded",
    });
  }
  return problems;
}

/** Power, heat and time. */
export function machineProblems({ measurement: { clock, power, temperature }, ssh }: Subject): Problem[] {
  const problems: Problem[] = [];
  if (power?.underVoltage === true) {
    problems.push({
      code: "W-UNDER-VOLTAGE",
      message:
        "its power supply is too weak right now (under-voltage): disks drop out and files break that way",
      try: ssh("vcgencmd get_throttled"),
      kind: "degraded",
    });
  } else if (power?.throttled === true) {
    problems.push({
      code: "W-THROTTLED",
      message: "it runs slower right now to protect itself (throttled)",
      try: ssh("vcgencmd get_throttled"),
      kind: "degraded",
    });
  }
  if (temperature !== null && temperature >= thresholds.temperature) {
    problems.push({
      code: "W-HOT",
      message: `it is ${Math.round(temperature)} °C hot: give it air`,
      try: ssh("cat /sys/class/thermal/thermal_zone0/temp"),
      kind: "degraded",
    });
  }
  if (clock !== null && Math.abs(clock.offset) > thresholds.clockSeconds) {
    problems.push({
      code: "W-CLOCK",
      message: `its clock is ${formatDuration(Math.abs(clock.offset) * 1000)} ${clock.offset < 0 ? "behind" : "ahead of"} the laptop's: the engines judge files by their time`,
      try: ssh("timedatectl"),
      kind: "degraded",
    });
  } else if (clock?.synchronised === false) {
    problems.push({
      code: "W-CLOCK",
      message: "its clock is not synchronised with the network",
      try: ssh("timedatectl"),
      kind: "degraded",
    });
  }
  return problems;
}
