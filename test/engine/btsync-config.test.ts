import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { btsyncConfig, maskedConfig, type KeyNode } from "../../src/engine/btsync-config.ts";
import { parseFolderKey, type FolderKey } from "../../src/engine/folder-key.ts";
import { mom } from "../facts/mom.ts";

// Synthetic, of the form that engines print.
const secret = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";
const other = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMA";

const settings = { upload: 900 * 1024, download: undefined, binary: undefined, keyFile: undefined };
const btsync: KeyNode = { ...mom, engine: "btsync", engineSettings: settings };
const resilio: KeyNode = { ...mom, engine: "resilio", engineSettings: settings };

describe("a new configuration", () => {
  test("of btsync has the folder with its key, the limits, the archive, and no web interface", () => {
    expect(configOf(btsync)).toEqual({
      device_name: "mom",
      pid_file: "/media/btsync/.pimesh/btsync/sync.pid",
      storage_path: "/media/btsync/.pimesh/btsync",
      listening_port: 0,
      use_upnp: false,
      check_for_updates: false,
      upload_limit: 900,
      download_limit: 0,
      disk_low_priority: true,
      lan_encrypt_data: true,
      folder_rescan_interval: 600,
      sync_trash_ttl: 30,
      shared_folders: [
        {
          secret,
          dir: "/media/btsync/btsync",
          use_relay_server: true,
          use_tracker: true,
          use_dht: false,
          search_lan: true,
          use_sync_trash: true,
        },
      ],
    });
  });

  test("of Resilio has the vendor's pid file, and none of the keys that it no longer knows", () => {
    const config = configOf(resilio);
    expect(config).toMatchObject({
      storage_path: "/media/btsync/.pimesh/resilio",
      pid_file: "/var/run/resilio-sync/sync.pid",
    });
    expect(config).not.toHaveProperty("check_for_updates");
    expect(config["shared_folders"]).toEqual([expect.not.objectContaining({ use_dht: expect.anything() })]);
    expect(config["shared_folders"]).toEqual([expect.objectContaining({ selective_sync: false })]);
  });

  test("of Resilio with a program of the user's has its pid file beside its database: no unit waits for it", () => {
    const engineSettings = { ...settings, binary: "/laptop/rslsync" };
    expect(configOf({ ...resilio, engineSettings })).toHaveProperty(
      "pid_file",
      "/media/btsync/.pimesh/resilio/sync.pid",
    );
  });

  test("has a limit where the inventory has one, never so small that it means none", () => {
    const engineSettings = { ...settings, upload: 1024, download: 1_500_000 };
    expect(configOf({ ...btsync, engineSettings })).toMatchObject({ upload_limit: 1, download_limit: 1464 });
  });

  test("is strict JSON with a line end, and gives nothing to remark", () => {
    const made = merged(btsync);
    expect(made.text.endsWith("}\n")).toBe(true);
    expect(JSON.parse(made.text)).toBeTypeOf("object");
    expect(made.remarks).toEqual([]);
  });
});

/** In the way of the sample that btsync prints, with what people do to it. */
const people = `{
  "device_name": "My Sync Device",
  "listening_port" : 5555,          // 0 - randomize port
  /* storage_path dir contains auxilliary app files */
  "storage_path" : "/media/btsync/.btsync",
  "pid_file" : "/var/run/btsync.pid",
  "use_upnp" : true,
  "upload_limit" : "100",
  "folder_rescan_interval" : "1200",
  "sync_trash_ttl" : "365",
  "lan_use_tcp": "true",
  "shared_folders" : [
    { "secret" : "${other}", "dir" : "/home/pi/music", "known_hosts" : [ "10.0.0.2:5555" ] },
    { "secret" : "${secret}", "dir" : "/media/btsync/btsync/", "use_dht" : true,
      "use_sync_trash" : false, // saves room
    },
  ],
  // "webui" : { "listen" : "0.0.0.0:8888" }
}
`;

describe("a configuration that is there", () => {
  test("keeps what is not ours and what is a matter of taste; what keeps files safe is set", () => {
    const made = merged(btsync, people);
    expect(JSON.parse(made.text)).toEqual({
      ...configOf(btsync),
      listening_port: 5555,
      storage_path: "/media/btsync/.btsync",
      pid_file: "/var/run/btsync.pid",
      use_upnp: true,
      folder_rescan_interval: "1200",
      sync_trash_ttl: "365",
      lan_use_tcp: "true",
      shared_folders: [
        { secret: other, dir: "/home/pi/music", known_hosts: ["10.0.0.2:5555"] },
        { ...ourFolder(), use_dht: true },
      ],
    });
    expect(made.remarks).toEqual([]);
  });

  test.each([
    ["sync_trash_ttl", 0, 30],
    ["sync_trash_ttl", "7", 30],
    ["sync_trash_ttl", 30, 30],
    ["sync_trash_ttl", "", 30],
    ["sync_trash_ttl", null, 30],
    ["sync_trash_ttl", 90, 90],
    ["folder_rescan_interval", 0, 600],
    ["folder_rescan_interval", "300", "300"],
    ["folder_rescan_interval", "often", 600],
  ])("with %s %j has %j", (name, before, after) => {
    expect(configOf(btsync, JSON.stringify({ [name]: before }))).toHaveProperty(name, after);
  });

  test.each([
    ["/media/btsync/.btsync", "/media/btsync/.btsync"],
    ["/media/btsync/.btsync/", "/media/btsync/.btsync/"],
    ["/home/pi/.sync", undefined],
    ["/media/btsync", undefined],
    ["/media/btsync2/.sync", undefined],
    ["/media/btsync/btsync/.sync", undefined],
    ["/media/btsync/../../home/pi", undefined],
  ])("with its database in %s keeps that only on the disk and outside of the tree", (before, kept) => {
    const made = merged(btsync, JSON.stringify({ storage_path: before }));
    expect(JSON.parse(made.text)).toHaveProperty("storage_path", kept ?? "/media/btsync/.pimesh/btsync");
    expect(made.remarks).toEqual(
      kept === undefined
        ? ["its database moves to /media/btsync/.pimesh/btsync: it reads the whole tree once more"]
        : [],
    );
  });

  test("with a web interface loses it, and that is said where folders may have been added there", () => {
    const webui = { listen: "0.0.0.0:8888", login: "a", password: "b" };
    const made = merged(btsync, JSON.stringify({ webui }));
    expect(JSON.parse(made.text)).not.toHaveProperty("webui");
    expect(made.remarks).toEqual([
      "its web interface goes off, and folders that were added there are no longer synced by it",
    ]);
    const without = JSON.stringify({ webui, shared_folders: [{ secret: other, dir: "/x" }] });
    expect(merged(btsync, without).remarks).toEqual([]);
  });

  test("with another key for the tree gets ours, and that is said without either", () => {
    const before = JSON.stringify({ shared_folders: [{ secret: other, dir: "/media/btsync/btsync" }] });
    const made = merged(btsync, before);
    expect(JSON.parse(made.text)).toHaveProperty("shared_folders", [ourFolder()]);
    expect(made.remarks).toEqual([
      "/media/btsync/btsync has another key than before: it is another folder to the other homes",
    ]);
  });

  test("with our key at another place has it there no longer", () => {
    const before = JSON.stringify({
      shared_folders: [
        { secret, dir: "/media/btsync1/btsync", search_lan: false },
        { secret: other, dir: "/x" },
      ],
    });
    const made = merged(btsync, before);
    expect(JSON.parse(made.text)).toHaveProperty("shared_folders", [
      { ...ourFolder(), search_lan: false },
      { secret: other, dir: "/x" },
    ]);
    expect(made.remarks).toEqual(["the same folder is no longer synced at /media/btsync1/btsync"]);
  });

  test.each([
    ["nonsense", "is not JSON, even with comments"],
    ['{ "shared_folders": {} }', "holds a shared_folders that is no list of folders"],
    ['{ "shared_folders": ["x"] }', "holds a shared_folders that is no list of folders"],
  ])("that cannot be understood is left alone: %s", (before, problem) => {
    expect(btsyncConfig(btsync, keyOf(secret), before)).toEqual({
      problem: expect.stringContaining(problem) as string,
    });
  });

  test("laid over once more stays as it is, whatever it held", () => {
    const folder = fc.record(
      {
        secret: fc.constantFrom(secret, other, 3),
        dir: fc.constantFrom("/media/btsync/btsync", "/media/btsync/btsync/", "/x", null),
        use_sync_trash: fc.boolean(),
        more: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const before = fc.record(
      {
        device_name: fc.string(),
        storage_path: fc.constantFrom("/media/btsync/.btsync", "/home/pi/.sync", "", 4),
        pid_file: fc.string(),
        webui: fc.jsonValue(),
        upload_limit: fc.oneof(fc.nat(), fc.string()),
        sync_trash_ttl: fc.oneof(fc.nat(60), fc.nat(60).map(String), fc.jsonValue()),
        folder_rescan_interval: fc.oneof(fc.nat(60), fc.string()),
        anything: fc.jsonValue(),
        shared_folders: fc.array(folder, { maxLength: 4 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(before, fc.constantFrom(btsync, resilio), (config, node) => {
        const once = merged(node, JSON.stringify(config));
        expect(merged(node, once.text)).toEqual({ text: once.text, remarks: [] });
        const result = JSON.parse(once.text) as { anything?: unknown; shared_folders: { secret: unknown }[] };
        expect(result.anything).toEqual(JSON.parse(JSON.stringify(config))["anything"]);
        expect(result.shared_folders.filter((one) => one.secret === secret)).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});

test("a text that is shown has no key and no password, in comments neither, and keeps its lines", () => {
  const text = `{ "secret" : "${secret}", // "secret": "${other}"
    "webui": { "login": "ann", "password": "hun\\"ter2", "api_key":"k3y" }, "dir": "/x" }`;
  expect(maskedConfig(text)).toBe(`{ "secret" : "***", // "secret": "***"
    "webui": { "login": "ann", "password": "***", "api_key":"***" }, "dir": "/x" }`);
  expect(maskedConfig(merged(btsync, people).text)).not.toMatch(new RegExp(`${secret}|${other}`));
});

function merged(
  node: KeyNode,
  before?: string,
): { readonly text: string; readonly remarks: readonly string[] } {
  const made = btsyncConfig(node, keyOf(secret), before);
  if ("problem" in made) throw new Error(made.problem);
  return made;
}

function configOf(node: KeyNode, before?: string): Record<string, unknown> {
  return JSON.parse(merged(node, before).text) as Record<string, unknown>;
}

function ourFolder(): object {
  return (configOf(btsync)["shared_folders"] as object[])[0] as object;
}

function keyOf(text: string): FolderKey {
  const parsed = parseFolderKey(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed.key;
}
