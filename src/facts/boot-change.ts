import { valueOf } from "../core/answer.ts";
import { wordsOf, type BootLine } from "./boot-line.ts";
import type { HealthFacts } from "./facts.ts";
import { mountOver } from "./mount-at.ts";

/**
 * The firmware of a Pi passes `cgroup_disable=memory` to the kernel, in front of what cmdline.txt says; the Pi's kernels
 * take the two words in their order, so that `cgroup_enable=memory` in the file wins (raspberrypi/linux, issue 6980).
 */
export const enableMemory = "cgroup_enable=memory";

/** What the kernel's memory controller needs on this machine, as far as it is off. */
export type BootChange =
  /** The file says it already; the running kernel was started without it. */
  | { readonly kind: "waits"; readonly path: string }
  /** The running kernel was told, and the controller is off all the same. */
  | { readonly kind: "ignored" }
  | { readonly kind: "change"; readonly path: string; readonly before: string; readonly after: string }
  /** Would be changed, but for a reason that a person has to mend. */
  | { readonly kind: "blocked"; readonly why: string; readonly try: string }
  /** Not by us: another boot loader, or an old cgroup hierarchy; what to do. */
  | { readonly kind: "by-hand"; readonly why: string; readonly try: string };

/** Kernels of the 32-bit ARM cut the command line here (COMMAND_LINE_SIZE), and what is cut may be the root. */
const longest = 1024;

/** Pure. `try` is a command for the node, without ssh. */
export function bootChange(facts: HealthFacts): BootChange {
  const line = valueOf(facts.bootLine);
  if (line === undefined) {
    return { kind: "by-hand", why: "its kernel command line cannot be read", try: "cat /proc/cmdline" };
  }
  if (!line.unified) {
    return {
      kind: "by-hand",
      why: "it runs with the old cgroup hierarchy, in which nobody can be kept out of swap; systemd.unified_cgroup_hierarchy=1 on its kernel command line changes that, for containers too",
      try: "cat /proc/cmdline",
    };
  }
  if (line.file === undefined) return withoutFile(facts, line);
  const { path, text, config } = line.file;
  const said = wordsOf(text);
  if (enablesMemory(line.running)) return { kind: "ignored" };
  if (enablesMemory(said)) return { kind: "waits", path };
  if (!/^[^\n\r]*\S[^\n\r]*\n?$/.test(text)) {
    return {
      kind: "blocked",
      why: `${path} is not one line of text, as the firmware wants it`,
      try: `cat -A ${path}`,
    };
  }
  if (config !== undefined) {
    return {
      kind: "by-hand",
      why: `config.txt names another command line (${config})`,
      try: `grep -E '^(cmdline|os_prefix)=' ${path.replace(/cmdline\.txt$/, "config.txt")}`,
    };
  }
  // What the kernel was started with holds the root that the file names: so it is the file
  const roots = said.filter((word) => /^(?:root|boot|disk)=/.test(word));
  if (roots.length === 0 || !roots.every((word) => line.running.includes(word))) {
    return {
      kind: "by-hand",
      why: `the running kernel was not started by ${path}`,
      try: "cat /proc/cmdline",
    };
  }
  const after = withMemory(text);
  if (line.running.join(" ").length + after.length - text.length > longest) {
    return {
      kind: "by-hand",
      why: `the kernel's command line has no room for another word (${longest} letters)`,
      try: `cat ${path}`,
    };
  }
  const place = mountOver(facts, path);
  if (place?.options.includes("ro") === true) {
    return {
      kind: "blocked",
      why: `${place.target}, where ${path} lies, is mounted read-only`,
      try: `sudo mount -o remount,rw ${place.target}`,
    };
  }
  return { kind: "change", path, before: text, after };
}

function withoutFile(facts: HealthFacts, line: BootLine): BootChange {
  const unmounted = valueOf(facts.fstab)
    ?.split("\n")
    .map((entry) => entry.trim().split(/\s+/))
    .find(
      ([source = "#", target = ""]) =>
        !source.startsWith("#") && (target === "/boot/firmware" || target === "/boot"),
    )?.[1];
  if (
    unmounted !== undefined &&
    valueOf(facts.mounts)?.some(({ target }) => target === unmounted) === false
  ) {
    return {
      kind: "blocked",
      why: `the boot partition is not mounted at ${unmounted}`,
      try: `sudo mount ${unmounted}`,
    };
  }
  if (line.grub) {
    return {
      kind: "by-hand",
      why: line.running.some((word) => disablesMemory(word))
        ? "it is booted by GRUB, with cgroup_disable=memory: take that out of GRUB_CMDLINE_LINUX in /etc/default/grub"
        : `it is booted by GRUB: add ${enableMemory} to GRUB_CMDLINE_LINUX in /etc/default/grub`,
      try: "sudo editor /etc/default/grub && sudo update-grub && sudo reboot",
    };
  }
  return {
    kind: "by-hand",
    why: "it has no cmdline.txt, so how it is booted is not known",
    try: "cat /proc/cmdline",
  };
}

/** The last word about the memory controller counts. */
function enablesMemory(words: readonly string[]): boolean {
  return (
    words.findLast((word) => enablesIt(word) || disablesMemory(word))?.startsWith("cgroup_enable") === true
  );
}

function enablesIt(word: string): boolean {
  return /^cgroup_enable=(?:[^,]*,)*memory(?:,|$)/.test(word);
}

function disablesMemory(word: string): boolean {
  return /^cgroup_disable=(?:[^,]*,)*memory(?:,|$)/.test(word);
}

/**
 * The line with `cgroup_enable=memory` at its end, once, and without a `cgroup_disable=memory`. It never gets shorter, and
 * what stays keeps its place: written over the old one, it is a whole line at every moment in which the power may fail.
 */
function withMemory(text: string): string {
  const body = text
    .replace(/\n$/, "")
    // Blanks in its place
    .replaceAll(/\S+/g, (word) => {
      if (enablesIt(word) && word === enableMemory) return " ".repeat(word.length);
      if (!disablesMemory(word)) return word;
      const [key = "", list = ""] = word.split("=");
      const rest = list.split(",").filter((name) => name !== "memory");
      return (rest.length === 0 ? "" : `${key}=${rest.join(",")}`).padEnd(word.length);
    });
  return `${body}${body.endsWith(" ") ? "" : " "}${enableMemory}${text.endsWith("\n") ? "\n" : ""}`;
}
