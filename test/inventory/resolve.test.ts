import { describe, expect, test } from "vitest";
import { noEngineSettings } from "../support/engine-settings.ts";
import { inventoryFrom, problemsOf, withNode } from "./parsed.ts";

const id = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2";

describe("an inventory in order", () => {
  test("what is not said is what the first Pis had", () => {
    expect(inventoryFrom(withNode(""))).toEqual({
      path: "/pimesh.yaml",
      laptop: { tree: "/home/ada/btsync", folders: {} },
      nodes: [
        {
          name: "mom",
          addresses: [{ host: "mom.example.org", port: undefined, text: "mom.example.org" }],
          user: undefined,
          jump: undefined,
          identityFiles: [],
          sudoPasswordFile: undefined,
          disk: { label: "btsync", mount: "/media/btsync" },
          tree: "btsync",
          folders: [],
          swap: false,
          engine: "syncthing",
          engineSettings: noEngineSettings,
          player: "kodi",
        },
      ],
      ignore: [],
      peers: {},
    });
  });

  test("a node is laid over the defaults: disk and swap key by key, everything else as a whole", () => {
    const [home, mom] = inventoryFrom(`
laptop: { tree: ~/btsync }
defaults:
  user: pi
  identity: [~/.ssh/one, $DISK/two]
  disk: { label: family, mount: /mnt/family }
  tree: family/shared
  folders: [movies, photos]
  swap: { size: 4GiB, policy: shared, require: true }
  engine: resilio
  player: xbmc
nodes:
  home: { address: [home, home.example.org:2222] }
  mom:
    address: mom
    jump: home
    user: ada
    identity: ~/.ssh/three
    sudo_password_file: ~/.secret
    disk: { mount: /srv/x }
    folders: [music]
    swap: { size: 1.5GB, require: false }
    engine: false
    player: false
`).nodes;
    expect(home).toMatchObject({
      user: "pi",
      identityFiles: ["/home/ada/.ssh/one", "/mnt/dat/two"],
      disk: { label: "family", mount: "/mnt/family" },
      tree: "family/shared",
      folders: ["movies", "photos"],
      swap: { bytes: 4 * 1024 ** 3, policy: "shared", require: true },
      engine: "resilio",
      player: "xbmc",
    });
    expect(mom).toMatchObject({
      user: "ada",
      jump: "home",
      identityFiles: ["/home/ada/.ssh/three"],
      sudoPasswordFile: "/home/ada/.secret",
      disk: { label: "family", mount: "/srv/x" },
      tree: "family/shared",
      folders: ["music"],
      swap: { bytes: 1.5e9, policy: "shared", require: false },
      engine: false,
      player: false,
    });
  });

  test("false takes back a default", () => {
    const [home, mom] = inventoryFrom(`
laptop: { tree: /t }
defaults: { jump: home, sudo_password_file: ~/.secret, swap: { size: 1GiB } }
nodes:
  home: { address: a, jump: false }
  mom: { address: b, sudo_password_file: false, swap: false }
`).nodes;
    expect(home).toMatchObject({ jump: undefined, sudoPasswordFile: "/home/ada/.secret" });
    expect(mom).toMatchObject({ jump: "home", sudoPasswordFile: undefined, swap: false });
  });

  test.each([
    ["swap: auto", ""],
    ["swap: { size: auto }", ""],
    ["swap: auto", "defaults: {swap: {size: 4GiB}}\n"],
    ["swap: { require: auto }", "defaults: {swap: auto}\n"],
  ])("%s leaves the size to the tree and the memory (%s)", (swap, defaults) => {
    const text = `laptop: {tree: /t}\n${defaults}nodes:\n  mom:\n    address: a\n    ${swap}\n`;
    expect(inventoryFrom(text).nodes[0]?.swap).toEqual({
      bytes: "auto",
      policy: "isolated",
      require: "auto",
    });
  });

  test("the threshold of old nodes is merged like the other keys of swap", () => {
    const text =
      "laptop: {tree: /t}\ndefaults: {swap: {size: 1GiB, threshold: 500000KiB}}\nnodes: {mom: {address: a, swap: {policy: shared}}}";
    expect(inventoryFrom(text).nodes[0]?.swap).toEqual({
      bytes: 1024 ** 3,
      policy: "shared",
      require: "auto",
      threshold: 512_000_000,
    });
  });

  test("a node may ask for swap that the defaults switch off", () => {
    const text =
      "laptop: {tree: /t}\ndefaults: {swap: false}\nnodes: {mom: {address: a, swap: {size: 2MiB}}}";
    expect(inventoryFrom(text).nodes[0]?.swap).toEqual({
      bytes: 2 * 1024 ** 2,
      policy: "isolated",
      require: "auto",
    });
  });

  test("the parents of a folder are made before it", () => {
    expect(inventoryFrom(withNode("folders: [photos/2024/summer, photos/2023]")).nodes[0]?.folders).toEqual([
      "photos",
      "photos/2024",
      "photos/2024/summer",
      "photos/2023",
    ]);
  });

  test("laptop paths are expanded", () => {
    const text =
      "laptop: {tree: '${DISK}/a$$b', folders: {dat: $DISK/dat, films: ~/films/}}\nnodes: {mom: {address: a}}";
    expect(inventoryFrom(text).laptop).toEqual({
      tree: "/mnt/dat/a$b",
      folders: { dat: "/mnt/dat/dat", films: "/home/ada/films" },
    });
  });

  test("nodes keep the order of the file", () => {
    const text = "laptop: {tree: /t}\nnodes:\n  zoe: {address: z}\n  adam: {address: a}\n  7: {address: m}\n";
    expect(inventoryFrom(text).nodes.map(({ name }) => name)).toEqual(["zoe", "adam", "7"]);
  });

  test("a node without a key takes everything from the defaults", () => {
    const text = "laptop: {tree: /t}\ndefaults: {address: only.example.org}\nnodes:\n  mom:\n";
    expect(inventoryFrom(text).nodes[0]?.addresses[0]?.host).toBe("only.example.org");
  });

  test("sections with nothing in them are empty", () => {
    const text = withNode("", "defaults:\nignore:\npeers:\n").replace("~/btsync", "~/btsync\n  folders:");
    expect(inventoryFrom(text)).toMatchObject({ laptop: { folders: {} }, ignore: [], peers: {} });
  });

  test("anchors and aliases may save typing", () => {
    const text =
      "laptop: {tree: /t}\nnodes:\n  a: {address: a, disk: &d {label: x}}\n  b: {address: b, disk: *d}\n";
    expect(inventoryFrom(text).nodes.map(({ disk }) => disk.label)).toEqual(["x", "x"]);
  });

  test("two Pis may have the same address behind different jumps", () => {
    const text = `laptop: {tree: /t}
nodes:
  home: {address: home}
  mom: {address: mom}
  tv-home: {address: 192.168.1.9, jump: home}
  tv-mom: {address: 192.168.1.9, jump: mom}
`;
    expect(inventoryFrom(text).nodes).toHaveLength(4);
  });

  test("patterns that differ only in case are two", () => {
    expect(inventoryFrom(withNode("", "ignore: [Thumbs.db, thumbs.db]")).ignore).toEqual([
      "Thumbs.db",
      "thumbs.db",
    ]);
  });

  test("a device ID is brought to its usual form", () => {
    const text = withNode("", `peers: { work: ${id.replaceAll("-", "").toLowerCase()} }`);
    expect(inventoryFrom(text).peers).toEqual({ work: id });
  });
});

/** Below the one node of a sound inventory: from line 6, column 5. */
const nodeCases: readonly (readonly [lines: string, ...problems: string[]])[] = [
  ["jmp: home", "6:5: nodes.mom.jmp: unknown key (did you mean jump?)"],
  [
    "colour: red",
    "6:5: nodes.mom.colour: unknown key; known here: address, user, jump, identity, sudo_password_file, disk, tree, folders, swap, engine, player",
  ],
  [
    "sudo_password: hunter2",
    "6:5: nodes.mom.sudo_password: unknown key; no secret stands in an inventory: the sudo password goes into a file of mode 0600, named by sudo_password_file, or is asked for, and an engine's key into one named by engine.key_file",
  ],
  [
    "sudo_password_file: hunter2",
    "6:25: nodes.mom.sudo_password_file: is not absolute: it starts with neither / nor ~",
  ],
  [
    "sudo_password_file: hun$ter2",
    "6:25: nodes.mom.sudo_password_file: is not absolute: it starts with neither / nor ~",
  ],
  [
    "sudo_password_file: 12345",
    "6:25: nodes.mom.sudo_password_file: must be text or false, not a number; put it in quotes",
  ],
  [
    "user: -oProxyCommand=x",
    "6:11: nodes.mom.user: is not a login name: at most 32 of A-Z a-z 0-9 . _ -, a letter or _ first",
  ],
  ["user:", "6:10: nodes.mom.user: has no value; give it one or take the line out"],
  ["jump: mum", "6:11: nodes.mom.jump: there is no node called mum"],
  ["jump: mom", "6:11: nodes.mom.jump: mom cannot be reached through itself"],
  [
    "identity: [~/.ssh/a, keys/b]",
    "6:26: nodes.mom.identity[1]: is not absolute: it starts with neither / nor ~",
  ],
  ["identity: ~mom/.ssh/a", "6:15: nodes.mom.identity: only ~ and ~/ are known, not another user's home"],
  ["identity: []", "6:15: nodes.mom.identity: is an empty list"],
  ["disk: btsync", "6:11: nodes.mom.disk: must be a mapping (key: value), not text"],
  ["disk: { labl: x }", "6:13: nodes.mom.disk.labl: unknown key (did you mean label?)"],
  [
    "disk: { label: 12345678901234567 }",
    "6:20: nodes.mom.disk.label: must be text, not a number; put it in quotes",
  ],
  [
    "disk: { label: abcdefghijklmnopq }",
    "6:20: nodes.mom.disk.label: is longer than the 16 bytes that ext4 has for a label",
  ],
  ["disk: { mount: /etc }", "6:20: nodes.mom.disk.mount: is not below /media, /mnt, /srv or /var/media"],
  [
    "disk:\n  label:\n  mount: /media/../etc",
    "7:13: nodes.mom.disk.label: has no value; give it one or take the line out",
    "8:14: nodes.mom.disk.mount: holds ..",
  ],
  ["tree: /btsync", "6:11: nodes.mom.tree: is absolute; it is relative to disk.mount"],
  ["tree: .pimesh/x", "6:11: nodes.mom.tree: is inside .pimesh, which is not for files that are synced"],
  ["folders: movies", "6:14: nodes.mom.folders: must be a list, not text"],
  ["folders: [movies, 2024]", "6:23: nodes.mom.folders[1]: must be text, not a number; put it in quotes"],
  [
    "folders: [a, .stfolder, ../b]",
    "6:18: nodes.mom.folders[1]: .stfolder belongs to pimesh or a sync engine",
    "6:29: nodes.mom.folders[2]: holds ..",
  ],
  ["folders: [movies, movies]", "6:23: nodes.mom.folders[1]: is there twice"],
  [
    "folders: [movies, Movies]",
    "6:23: nodes.mom.folders[1]: differs from movies only in case or in the form of accents",
  ],
  [
    "swap: 4GiB",
    "6:11: nodes.mom.swap: must be a mapping (key: value) or false, not text; write { size: 4GiB }, or auto",
  ],
  ["swap: true", "6:11: nodes.mom.swap: must be a mapping (key: value) or false, not true"],
  ["swap: {}", "6:5: nodes.mom.swap.size: is missing, such as 4GiB"],
  ["swap: { size: 4096 }", "6:19: nodes.mom.swap.size: needs a unit: 4096MiB or 4096GiB"],
  ["swap: { size: '4 gigs' }", "6:19: nodes.mom.swap.size: needs a unit, such as 4GiB"],
  ["swap: { size: atuo }", "6:19: nodes.mom.swap.size: needs a unit (did you mean auto?)"],
  ["swap: { size: 4KiB }", "6:19: nodes.mom.swap.size: is less than 1MiB; for no swap write `swap: false`"],
  [
    "swap: { size: 4GiB, policy: isolate }",
    "6:33: nodes.mom.swap.policy: must be isolated or shared (did you mean isolated?)",
  ],
  [
    "swap: { size: 4GiB, require: yes }",
    "6:34: nodes.mom.swap.require: must be true, false or auto (did you mean true?)",
  ],
  [
    "swap: { size: 4GiB, threshold: 500000 }",
    "6:36: nodes.mom.swap.threshold: needs a unit: 500000KiB or 500000MiB",
  ],
  [
    "swap: { size: 4GiB, threshold: much }",
    "6:36: nodes.mom.swap.threshold: needs a unit, such as 500000KiB",
  ],
  [
    "swap: { size: 4GiB, threshold: 0B }",
    "6:36: nodes.mom.swap.threshold: is less than 1MiB; for an engine that does not wait write `require: false`",
  ],
  ["swap: { siz: 4GiB }", "6:13: nodes.mom.swap.siz: unknown key (did you mean size?)"],
  [
    "engine: syncting",
    "6:13: nodes.mom.engine: must be syncthing, resilio, btsync or false (did you mean syncthing?)",
  ],
  ["engine: rsync", "6:13: nodes.mom.engine: must be syncthing, resilio, btsync or false"],
  [
    "engine: none",
    "6:13: nodes.mom.engine: must be syncthing, resilio, btsync or false (did you mean false?)",
  ],
  ["player: vlc", "6:13: nodes.mom.player: must be kodi, xbmc or false"],
  ["player: null", "6:13: nodes.mom.player: has no value; give it one or take the line out"],
  ["address: other", "6:5: nodes.mom.address: is there twice, first in line 5"],
];

describe("what is wrong with a node is said with its place", () => {
  test.each(nodeCases)("%s", (lines, ...problems) => {
    expect(problemsOf(withNode(lines))).toEqual(problems.map((problem) => `pimesh.yaml:${problem}`));
  });
});

const cases: readonly (readonly [title: string, text: string, ...problems: string[]])[] = [
  [
    "an unknown key at the top",
    withNode("", "ingore: []"),
    "6:1: ingore: unknown key (did you mean ignore?)",
  ],
  [
    "no laptop, no nodes",
    "peers: {}\n",
    "1:1: laptop: is missing; it needs at least tree: ~/btsync",
    "1:1: nodes: is missing; it holds a name and an address for each Pi",
  ],
  [
    "laptop without a tree",
    "laptop: {}\nnodes: {mom: {address: a}}",
    "1:1: laptop.tree: is missing: the synced folder on this machine",
  ],
  [
    "an unset variable in the laptop's tree",
    "laptop:\n  tree: $NOWHERE/btsync\nnodes: {mom: {address: a}}",
    "2:9: laptop.tree: the environment variable NOWHERE is not set",
  ],
  [
    "an empty variable",
    "laptop: {tree: $EMPTY/btsync}\nnodes: {mom: {address: a}}",
    "1:16: laptop.tree: the environment variable EMPTY is not set",
  ],
  [
    "the whole file system as tree",
    "laptop: {tree: /}\nnodes: {mom: {address: a}}",
    "1:16: laptop.tree: is the whole file system; name a folder",
  ],
  [
    "laptop folders that overlap",
    "laptop: {tree: /t, folders: {a: /d/a, b: /d, c: /t/c}}\nnodes: {mom: {address: x}}",
    "1:42: laptop.folders.b: overlaps laptop.folders.a: its files would count twice",
    "1:49: laptop.folders.c: overlaps laptop.tree: its files would count twice",
  ],
  [
    "laptop folders that are no folder names",
    "laptop: {tree: /t, folders: {a/b: /x, .sync: /y, c: }}\nnodes: {mom: {address: x}}",
    '1:30: laptop.folders."a/b": holds a /; it is one folder of the tree',
    '1:39: laptop.folders.".sync": .sync belongs to pimesh or a sync engine',
    "1:53: laptop.folders.c: has no value; give it one or take the line out",
  ],
  [
    "a folder that is a laptop folder as well",
    "laptop: {tree: /t, folders: {dat: /d}}\ndefaults: {folders: [Dat]}\nnodes: {mom: {address: x, folders: [dat/new]}}",
    "2:22: defaults.folders[0]: collides with laptop.folders.dat, which every node has anyway",
    "3:37: nodes.mom.folders[0]: collides with laptop.folders.dat, which every node has anyway",
  ],
  [
    "no nodes",
    "laptop: {tree: /t}\nnodes: {}",
    "2:1: nodes: is empty; it holds a name and an address for each Pi",
  ],
  [
    "nodes as a list",
    "laptop: {tree: /t}\nnodes: [mom]",
    "2:8: nodes: must be a mapping (key: value), not a list",
  ],
  [
    "a node as a text",
    "laptop: {tree: /t}\nnodes: {mom: mom.example.org}",
    "2:14: nodes.mom: must be a mapping (key: value), not text",
  ],
  [
    "node names",
    "laptop: {tree: /t}\nnodes:\n  laptop: {address: a}\n  Mom's Pi: {address: b}\n  -x: {address: c}\n  ok-1: {address: d}\n",
    "3:3: nodes.laptop: is the name of the machine that pimesh runs on; a node needs another one",
    '4:3: nodes."Mom\'s Pi": is not a node name: at most 63 of a-z, 0-9 and dashes, a dash not first (did you mean mom-s-pi?)',
    "5:3: nodes.-x: is not a node name: at most 63 of a-z, 0-9 and dashes, a dash not first (did you mean x?)",
  ],
  [
    "a node that is there twice",
    "laptop: {tree: /t}\nnodes:\n  mom: {address: a}\n  mom: {address: b}\n",
    "4:3: nodes.mom: is there twice, first in line 3",
  ],
  [
    "a node without an address",
    "laptop: {tree: /t}\nnodes:\n  mom: {user: pi}\n",
    "3:3: nodes.mom.address: is missing",
  ],
  [
    "an address that belongs to another node",
    "laptop: {tree: /t}\nnodes:\n  mom: {address: [A:22, a]}\n  dad: {address: a}\n",
    "3:25: nodes.mom.address[1]: a is there twice",
    "4:18: nodes.dad.address: a is the address of mom too",
  ],
  [
    "jumps in a circle, told once, and one that leads into it",
    "laptop: {tree: /t}\nnodes:\n  a: {address: a, jump: b}\n  b: {address: b, jump: c}\n  c: {address: c, jump: a}\n  d: {address: d, jump: a}\n",
    "3:25: nodes.a.jump: goes in a circle: a → b → c → a",
  ],
  [
    "a jump to a node that is not there",
    "laptop: {tree: /t}\nnodes:\n  home: {address: a}\n  mom: {address: b, jump: hme}\n",
    "4:27: nodes.mom.jump: there is no node called hme (did you mean home?)",
  ],
  [
    "a default jump that meets its own node",
    "laptop: {tree: /t}\ndefaults: {jump: home}\nnodes:\n  home: {address: a}\n  mom: {address: b}\n",
    "2:18: defaults.jump: home cannot be reached through itself; write jump: false at home",
  ],
  [
    "wrong defaults are said once, at the defaults",
    "laptop: {tree: /t}\ndefaults: {disk: {mount: /}, swap: {policy: shared}}\nnodes:\n  a: {address: a}\n  b: {address: b}\n",
    "2:26: defaults.disk.mount: is the root of the Pi's own system, which cannot be the disk's mount point",
    "2:30: defaults.swap.size: is missing, such as 4GiB",
  ],
  [
    "ignore patterns",
    withNode("", 'ignore: ["!keep", "a/", "a b ", "x\\ny", ok, ok, 3]'),
    "6:10: ignore[0]: starts with !: only Syncthing can take files back in",
    "6:19: ignore[1]: ends in /, which the engines read differently; a name matches folders too",
    "6:25: ignore[2]: starts or ends with a blank, which Syncthing would cut off",
    "6:33: ignore[3]: holds a line end or another control character",
    "6:49: ignore[6]: must be text, not a number; put it in quotes",
  ],
  ["a pattern twice", withNode("", "ignore: [a, a]"), "6:13: ignore[1]: is there twice"],
  [
    "peers",
    withNode("", `peers:\n  work: ${id.slice(0, -1)}3\n  mom: ${id}\n  phone: ${id}\n  "a b": ${id}\n`),
    "7:9: peers.work: has a typing error in its 7th and 8th groups: the check digit does not match",
    "8:3: peers.mom: is no other device: this inventory has it already",
    "9:10: peers.phone: is the device ID of mom too",
    '10:3: peers."a b": is not a name: at most 63 of A-Z a-z 0-9 . _ -, a letter or digit first',
    '10:10: peers."a b": is the device ID of mom too',
  ],
  [
    "an alias to nowhere",
    "laptop: *x\nnodes: {mom: {address: a}}",
    "1:9: laptop: there is no anchor &x before this",
  ],
  [
    "a merge key",
    "laptop: {tree: /t}\nnodes:\n  a: &a {address: a}\n  b:\n    <<: *a\n    address: b\n",
    "5:5: nodes.b: merge keys (<<) are not supported; put what nodes share into defaults",
  ],
  [
    "names of JavaScript's own are ordinary keys",
    "laptop: {tree: /t}\nnodes: {mom: {address: a, constructor: 1, __proto__: {user: x}}}",
    "2:27: nodes.mom.constructor: unknown key; known here: address, user, jump, identity, sudo_password_file, disk, tree, folders, swap, engine, player",
    "2:43: nodes.mom.__proto__: unknown key; known here: address, user, jump, identity, sudo_password_file, disk, tree, folders, swap, engine, player",
  ],
  [
    "a key that would steer a terminal is escaped",
    withNode("", '"\\e[2J\\u202e": 1'),
    '6:1: "\\u001b[2J\\u202e": unknown key; known here: laptop, defaults, nodes, ignore, peers',
  ],
];

describe("what is wrong with an inventory is said with its place", () => {
  test.each(cases)("%s", (_title, text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => `pimesh.yaml:${problem}`));
  });

  test("everything at once, in the order of the file", () => {
    const text = "laptop: {tree: x, tre: y}\ndefaults: {user: 1}\nnodes:\n  Mom: {jump: dad}\nignore: '*'\n";
    expect(problemsOf(text).map((line) => line.split(":").slice(0, 4).join(":"))).toEqual([
      "pimesh.yaml:1:16: laptop.tree",
      "pimesh.yaml:1:19: laptop.tre",
      "pimesh.yaml:2:18: defaults.user",
      "pimesh.yaml:4:3: nodes.Mom",
      "pimesh.yaml:4:3: nodes.Mom.address",
      "pimesh.yaml:4:15: nodes.Mom.jump",
      "pimesh.yaml:5:9: ignore",
    ]);
  });

  test.each([
    "password",
    "api_key",
    "apikey",
    "secret",
    "resilio_secret",
    "sudo-password",
    "auth_token",
    "passphrase",
  ])("the key %s gets told where secrets belong, and its value is not repeated", (key) => {
    const [problem, ...more] = problemsOf(withNode(`${key}: hunter2`));
    expect(problem).toContain("mode 0600");
    expect(problem).not.toContain("hunter2");
    expect(more).toEqual([]);
  });
});
