import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { diskRule, udevEncoded } from "../../src/provision/disk-rule.ts";
import { evaluate, parse, type Event } from "./texts/udev-rules.ts";

const text = readFileSync(new URL("../../udev/992-pimesh-disk.rules", import.meta.url), "utf8");
const uuid = "2f6c1c8e-1111-4222-8333-944445555666";
const wants = ["media-btsync.mount", "pimesh-swap.service", "syncthing@pi.service"];
const rules = diskRule(text, { uuid, label: "btsync", wants });

/** What 60-persistent-storage.rules has found on a partition. */
function event(changes: Readonly<Record<string, string>> = {}): Event {
  return {
    action: "add",
    subsystem: "block",
    database: {},
    properties: {
      DEVTYPE: "partition",
      ID_FS_TYPE: "ext4",
      ID_FS_UUID_ENC: uuid,
      ID_FS_LABEL_ENC: "btsync",
      ...changes,
    },
  };
}

const hidden = { UDISKS_IGNORE: "1", UDISKS_PRESENTATION_NOPOLICY: "1" };
const started = { SYSTEMD_WANTS: wants.join(" ") };

describe("the rule of the disk", () => {
  test("is written in udev's grammar, line by line", () => {
    expect(parse(rules).flatMap((line) => line.problems)).toEqual([]);
  });

  test("runs nothing itself", () => {
    expect(parse(rules).flatMap((line) => line.tokens.map((token) => token.key))).not.toContain("RUN");
    expect(rules).not.toMatch(/^\s*[^#].*(RUN|PROGRAM)/m);
  });

  test("leaves before anything else when it is not about a file system on a disk", () => {
    const first = parse(rules).slice(0, 3);
    expect(first.map((line) => line.tokens.at(-1)?.key)).toEqual(["GOTO", "GOTO", "GOTO"]);
  });

  test.each<[string, Event, Record<string, string>]>([
    [
      "a plugged partition starts everything and is hidden from automounters",
      event(),
      { ...hidden, ...started },
    ],
    ["a file system on the whole disk too", event({ DEVTYPE: "disk" }), { ...hidden, ...started }],
    ["the pinned disk under another label too", event({ ID_FS_LABEL_ENC: "old" }), { ...hidden, ...started }],
    [
      "units that another rule wants are kept",
      event({ SYSTEMD_WANTS: "other.service" }),
      { ...hidden, SYSTEMD_WANTS: `other.service ${wants.join(" ")}` },
    ],
    ["a change event starts nothing", { ...event(), action: "change" }, hidden],
    [
      "a change event forgets nothing",
      { ...event(), action: "change", database: { SYSTEMD_WANTS: "x.service" } },
      { ...hidden, SYSTEMD_WANTS: "x.service" },
    ],
    [
      "a new medium in a reader starts everything",
      { ...event({ DISK_MEDIA_CHANGE: "1" }), action: "change" },
      { ...hidden, ...started },
    ],
    ["another disk with the label is hidden, not started", event({ ID_FS_UUID_ENC: "1111-2222" }), hidden],
    ["the pinned UUID on FAT is hidden, not started", event({ ID_FS_TYPE: "vfat" }), hidden],
    ["a stranger is left alone", event({ ID_FS_UUID_ENC: "1111-2222", ID_FS_LABEL_ENC: "holiday" }), {}],
    ["a disk without a file system is left alone", event({ ID_FS_UUID_ENC: "", ID_FS_LABEL_ENC: "" }), {}],
    ["a pull sets nothing: systemd sees it itself", { ...event(), action: "remove" }, {}],
    ["something that is no disk is left alone", { ...event(), subsystem: "net" }, {}],
  ])("%s", (_, given, properties) => {
    const set = evaluate(rules, given);
    const mine = ["UDISKS_IGNORE", "UDISKS_PRESENTATION_NOPOLICY", "SYSTEMD_WANTS"];
    expect(Object.fromEntries(Object.entries(set).filter(([key]) => mine.includes(key)))).toEqual(properties);
  });

  test("matches a label with unusual letters as udev writes it", () => {
    const odd = diskRule(text, { uuid, label: "mom's 50% *", wants });
    expect(parse(odd).flatMap((line) => line.problems)).toEqual([]);
    const found = evaluate(
      odd,
      event({ ID_FS_UUID_ENC: "1-2", ID_FS_LABEL_ENC: String.raw`mom\x27s\x2050\x25\x20\x2a` }),
    );
    expect(found).toMatchObject(hidden);
  });

  test("names no unit with a backslash, which systemd's versions read differently", () => {
    const escaped = diskRule(text, {
      uuid,
      label: "btsync",
      wants: [String.raw`srv-my\x2ddisk.mount`, "x.service"],
    });
    expect(evaluate(escaped, event())["SYSTEMD_WANTS"]).toBe("x.service");
  });
});

test.each([
  ["btsync", "btsync"],
  ["a b", String.raw`a\x20b`],
  ['"$\\', String.raw`\x22\x24\x5c`],
  ["größe", "größe"],
])("the label %j is %j for udev", (label, encoded) => {
  expect(udevEncoded(label)).toBe(encoded);
});
