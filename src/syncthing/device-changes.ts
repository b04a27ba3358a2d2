import type { Change, Finding } from "./change.ts";
import type { Config, ConfigDevice } from "./config-answer.ts";
import type { Paired, PairedDevice } from "./paired.ts";
import { differing, profileDiffering, profileValues, type Profile } from "./profile.ts";
import { list } from "./words.ts";
import type { DeviceWish, Wish } from "./wish.ts";

export interface DevicePlan {
  /** Devices of ours that go: before anything is added. */
  readonly removals: readonly Change[];
  /** What is new or changes at the devices that stay. */
  readonly additions: readonly Change[];
  readonly findings: readonly Finding[];
  /** IDs of those that go: Syncthing takes them out of every folder with it [ran]. */
  readonly removed: ReadonlySet<string>;
  /** The record afterwards. */
  readonly paired: Paired;
}

/**
 * Every wanted device is let in, and every device that we once let in and nobody wants any more is put out. Who was there
 * before us, or was let in by a person or by pimesh on another machine, stays.
 */
export function deviceChanges(config: Config, self: string, wish: Wish, paired: Paired): DevicePlan {
  const wanted = wantedDevices(wish, self);
  const recorded = new Map(paired.devices.map((device) => [device.id, device]));
  const current = new Map(config.devices.map((device) => [device.deviceID, device]));
  const plans = wanted.map((device) => {
    const there = current.get(device.id);
    return there === undefined
      ? { change: addition(device, config, self, wish), record: device }
      : adjusted(device, there, recorded.get(device.id), wish);
  });
  const unheard = paired.devices.filter(
    ({ id, name }) => wish.unheard.includes(name) && !wanted.some((each) => each.id === id),
  );
  const foreign = unknownDevices(paired, wish, self);
  const gone = unwantedDevices(paired, wish, self).filter(({ id }) => current.has(id));
  const removals = gone.map((device) => ({ device, ...removal(device, config, wish) }));
  const stay = removals.filter(({ change }) => change.length === 0).map(({ device }) => device);
  return {
    removals: removals.flatMap(({ change }) => change),
    additions: [...ownName(config, self, wish), ...plans.flatMap(({ change }) => change)],
    findings: [
      ...removals.flatMap(({ finding }) => finding),
      ...foreign.filter(({ id }) => current.has(id)).map(pairedElsewhere),
    ],
    removed: new Set(gone.filter((device) => !stay.includes(device)).map(({ id }) => id)),
    paired: {
      devices: [
        ...plans.flatMap(({ record }) => (record === undefined ? [] : [record])),
        ...unheard,
        ...foreign.filter(({ id }) => current.has(id)),
        ...stay,
      ],
    },
  };
}

/** Without the instance itself, each once. */
export function wantedDevices(wish: Wish, self: string): DeviceWish[] {
  const byId = new Map(wish.devices.map((device) => [device.id, device]));
  byId.delete(self);
  return [...byId.values()].map((device) => ({
    ...device,
    addresses: device.addresses.length === 0 ? ["dynamic"] : device.addresses,
  }));
}

/** Whom we once let in, and who is no longer of the family. */
export function unwantedDevices(paired: Paired, wish: Wish, self: string): PairedDevice[] {
  return notWanted(paired, wish, self).filter(({ id }) => isOurs(id, wish));
}

/** Whom pimesh has let in on another machine, whose inventory may well name them. */
function unknownDevices(paired: Paired, wish: Wish, self: string): PairedDevice[] {
  return notWanted(paired, wish, self).filter(({ id }) => !isOurs(id, wish));
}

function notWanted(paired: Paired, wish: Wish, self: string): PairedDevice[] {
  const wanted = new Set(wantedDevices(wish, self).map(({ id }) => id));
  return paired.devices.filter(({ id, name }) => !wanted.has(id) && !wish.unheard.includes(name));
}

/** The record of the laptop's own instance is this laptop's; a node's lies on its disk, and every laptop writes to it. */
function isOurs(id: string, { whose, known }: Wish): boolean {
  return whose === "theirs" || known.includes(id);
}

function pairedElsewhere({ id, name }: PairedDevice): Finding {
  const peer = name === "laptop" ? "another-laptop" : name;
  return {
    kind: "kept",
    text: `${name} (${id.slice(0, 7)}) was paired by pimesh on another machine, and stays: name it in the inventory, peers: { ${peer}: ${id} }, also before it is to go`,
  };
}

/** A board with little memory bears one connection to each; 2.x makes three. */
const deviceProfile: Profile = { numConnections: { small: 1, ordinary: 0 } };

/** Nobody but the inventory says who belongs to the family, and what is shared. */
const closed = { introducer: false, autoAcceptFolders: false };

function addition({ id, name, addresses }: DeviceWish, config: Config, self: string, wish: Wish): Change[] {
  // What a device can be told in this version: itself always stands in its own list.
  const known = config.defaults?.device ?? config.devices.find(({ deviceID }) => deviceID === self) ?? {};
  const profile =
    wish.whose === "ours" && "numConnections" in known ? profileValues(deviceProfile, wish.memory) : {};
  return [
    {
      method: "POST",
      path: "/rest/config/devices",
      body: { deviceID: id, name, addresses, ...closed, ...profile },
      what: `pair with ${name}`,
      why: "the inventory names it as one of the family",
    },
  ];
}

function adjusted(
  device: DeviceWish,
  there: ConfigDevice,
  recorded: PairedDevice | undefined,
  wish: Wish,
): { readonly change: Change[]; readonly record: PairedDevice | undefined } {
  const { id, name } = device;
  const path = `/rest/config/devices/${id}`;
  // What we once wrote and is wanted no more goes; whatever else stands there is the user's own.
  const theirs = there.addresses.filter(
    (address) => !device.addresses.includes(address) && recorded?.addresses.includes(address) !== true,
  );
  const addresses = [...device.addresses, ...theirs];
  const sameAddresses =
    addresses.length === there.addresses.length && addresses.every((each) => there.addresses.includes(each));
  const renamed = there.name === "" || there.name === recorded?.name ? { name } : {};
  const body = {
    ...differing(there, { ...renamed, ...closed }),
    ...(wish.whose === "ours" ? profileDiffering(there, deviceProfile, wish.memory) : {}),
    ...(sameAddresses ? {} : { addresses }),
  };
  const change: Change[] =
    Object.keys(body).length === 0
      ? []
      : [
          {
            method: "PATCH",
            path,
            body,
            what: `change at ${name}: ${list(Object.keys(body).map((key) => words[key] ?? key))}`,
            why: "the inventory, or the profile of this board, has it otherwise",
          },
        ];
  return { change, record: recorded === undefined ? undefined : device };
}

const words: Readonly<Record<string, string>> = {
  name: "its name",
  addresses: "its addresses",
  introducer: "it introduces nobody",
  autoAcceptFolders: "none of its folders come by themselves",
  numConnections: "how many connections it may have",
};

function removal(
  { id, name }: PairedDevice,
  config: Config,
  wish: Wish,
): { readonly change: Change[]; readonly finding: Finding[] } {
  const elsewhere = config.folders.filter(
    (folder) => folder.id !== wish.folder.id && folder.devices.some(({ deviceID }) => deviceID === id),
  );
  if (elsewhere.length > 0) {
    const folders = elsewhere.map((folder) => folder.label || folder.id);
    const text = `${name} is no longer of the family, but stays paired here: it shares ${list(folders)} too`;
    return { change: [], finding: [{ kind: "kept", text }] };
  }
  return {
    change: [
      {
        method: "DELETE",
        path: `/rest/config/devices/${id}`,
        what: `unpair ${name} (${id.slice(0, 7)})`,
        why: "pimesh has paired it, and the inventory no longer names it; its files stay where they are",
      },
    ],
    finding: [],
  };
}

/** Who knocks at a device is shown there by the name that it gives itself. */
function ownName(config: Config, self: string, wish: Wish): Change[] {
  const own = config.devices.find(({ deviceID }) => deviceID === self);
  if (wish.whose !== "ours" || own === undefined || own.name === wish.name) return [];
  return [
    {
      method: "PATCH",
      path: `/rest/config/devices/${self}`,
      body: { name: wish.name },
      what: `call it ${wish.name}`,
      why: "so does the inventory",
    },
  ];
}
