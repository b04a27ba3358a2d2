import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootChange } from "../../src/facts/boot-change.ts";
import { wordsOf, type BootLine } from "../../src/facts/boot-line.ts";
import type { Facts } from "../../src/facts/facts.ts";
import { factsWith } from "./mom.ts";

const stock = "console=serial0,115200 console=tty1 root=PARTUUID=8a676486-02 rootfstype=ext4 rootwait";
const path = "/boot/firmware/cmdline.txt";

function facts(change: Partial<BootLine> & { text?: string }, more: Partial<Facts> = {}): Facts {
  const { text = `${stock}\n`, ...line } = change;
  return factsWith({
    bootLine: {
      kind: "value",
      value: {
        running: wordsOf(`cgroup_disable=memory ${stock}`),
        file: { path, text, config: undefined },
        unified: true,
        grub: false,
        ...line,
      },
    },
    ...more,
  });
}

describe("the kernel's command line gets the memory controller", () => {
  test.each([
    ["at its end", `${stock}\n`, `${stock} cgroup_enable=memory\n`],
    ["at its end without a newline", stock, `${stock} cgroup_enable=memory`],
    [
      "in place of the word against it",
      `cgroup_disable=memory ${stock}\n`,
      `                      ${stock} cgroup_enable=memory\n`,
    ],
    [
      "once, though it stands there before a word against it",
      `${stock} cgroup_enable=memory cgroup_disable=memory\n`,
      `${stock}${" ".repeat(43)}cgroup_enable=memory\n`,
    ],
    [
      "and leaves what else a word switches off",
      `cgroup_disable=rdma,memory ${stock}\n`,
      `cgroup_disable=rdma        ${stock} cgroup_enable=memory\n`,
    ],
  ])("%s", (_, text, after) => {
    expect(bootChange(facts({ text }))).toEqual({ kind: "change", path, before: text, after });
  });

  test("and every word that was there, in its place, in a line that never gets shorter", () => {
    const word = fc.stringMatching(/^[a-z_.]{1,12}(=[a-z0-9,.:]{1,20})?$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.constantFrom("", "\n"), (words, end) => {
        const text = `${["root=/dev/mmcblk0p2", ...words].join(" ")}${end}`;
        const change = bootChange(facts({ text, running: wordsOf(text) }));
        if (change.kind !== "change") return;
        expect(change.after.length).toBeGreaterThan(text.length);
        expect(change.after.split("\n")).toHaveLength(end === "" ? 1 : 2);
        expect(wordsOf(change.after)).toEqual([...wordsOf(text), "cgroup_enable=memory"]);
        expect(bootChange(facts({ text: change.after, running: wordsOf(text) }))).toEqual({
          kind: "waits",
          path,
        });
      }),
    );
  });
});

describe("it is left alone", () => {
  test.each<[string, string, Facts, string]>([
    ["two lines are refused", "blocked", facts({ text: `${stock}\nquiet\n` }), "is not one line"],
    ["an empty file is refused", "blocked", facts({ text: "\n" }), "is not one line"],
    ["a line of Windows is refused", "blocked", facts({ text: `${stock}\r\n` }), "is not one line"],
    [
      "a read-only boot partition is named",
      "blocked",
      facts(
        {},
        {
          mounts: {
            kind: "value",
            value: [{ device: "/dev/mmcblk0p1", target: "/boot/firmware", fstype: "vfat", options: ["ro"] }],
          },
        },
      ),
      "/boot/firmware, where /boot/firmware/cmdline.txt lies, is mounted read-only",
    ],
    [
      "a boot partition that is not mounted is named",
      "blocked",
      facts(
        { file: undefined },
        {
          fstab: { kind: "value", value: "PARTUUID=1-01  /boot/firmware  vfat  noauto  0  2\n" },
          mounts: {
            kind: "value",
            value: [{ device: "/dev/mmcblk0p2", target: "/", fstype: "ext4", options: ["rw"] }],
          },
        },
      ),
      "the boot partition is not mounted at /boot/firmware",
    ],
    [
      "another command line in config.txt",
      "by-hand",
      facts({ file: { path, text: `${stock}\n`, config: "cmdline=mine.txt" } }),
      "config.txt names another command line (cmdline=mine.txt)",
    ],
    [
      "a file that the kernel was not started by",
      "by-hand",
      facts({ running: wordsOf("root=/dev/nfs") }),
      "was not started by /boot/firmware/cmdline.txt",
    ],
    [
      "a command line that is full",
      "by-hand",
      facts({ running: wordsOf(`${stock} ${"x".repeat(930)}`) }),
      "has no room for another word",
    ],
    [
      "GRUB with a word against it",
      "by-hand",
      facts({ file: undefined, grub: true }),
      "take that out of GRUB_CMDLINE_LINUX in /etc/default/grub",
    ],
    [
      "GRUB without one",
      "by-hand",
      facts({ file: undefined, grub: true, running: [] }),
      "add cgroup_enable=memory to GRUB_CMDLINE_LINUX",
    ],
    ["an unknown boot loader", "by-hand", facts({ file: undefined }), "how it is booted is not known"],
    ["the old cgroup hierarchy", "by-hand", facts({ unified: false }), "the old cgroup hierarchy"],
    ["a command line that cannot be read", "by-hand", factsWith({}), "cannot be read"],
  ])("%s", (_, kind, given, why) => {
    const change = bootChange(given);
    expect(change.kind).toBe(kind);
    expect(change).toHaveProperty("why", expect.stringContaining(why));
    expect(change).toHaveProperty("try");
  });

  test("when it has the word already and waits for a reboot", () => {
    expect(bootChange(facts({ text: `${stock} cgroup_enable=memory\n` }))).toEqual({ kind: "waits", path });
  });

  test("when the kernel was started with the word and does not care", () => {
    const running = wordsOf(`cgroup_disable=memory ${stock} cgroup_enable=memory`);
    expect(bootChange(facts({ running, text: `${stock} cgroup_enable=memory\n` }))).toEqual({
      kind: "ignored",
    });
  });
});
