import type { Finding } from "./change.ts";
import type { Config, Pending } from "./config-answer.ts";
import { wantedDevices } from "./device-changes.ts";
import type { Paired } from "./paired.ts";
import type { Wish } from "./wish.ts";
import { list } from "./words.ts";

/** Whom pimesh did not let in, and what it did not share: told, never accepted, never taken out. */
export function strangerFindings(
  config: Config,
  pending: Pending,
  self: string,
  wish: Wish,
  paired: Paired,
): Finding[] {
  const names = new Map(wantedDevices(wish, self).map(({ id, name }) => [id, name]));
  const ours = new Set([self, ...names.keys(), ...paired.devices.map(({ id }) => id)]);
  const folder = config.folders.find(({ id }) => id === wish.folder.id);
  const strangers = config.devices.filter(({ deviceID }) => !ours.has(deviceID));
  const findings: Finding[] = [];
  for (const { deviceID, name, introducer, autoAcceptFolders } of strangers) {
    const called = calledSo(deviceID, name);
    const powers = [
      ...(introducer ? ["may introduce others"] : []),
      ...(autoAcceptFolders ? ["may add folders"] : []),
    ];
    const more = powers.length === 0 ? "" : `, and ${list(powers)}`;
    if (folder?.devices.some((each) => each.deviceID === deviceID)) {
      const text = `${called} shares ${wish.folder.label} without standing in the inventory (peers)${more}`;
      findings.push({ kind: "stranger-in-our-folder", text });
    } else if (wish.whose === "ours" || powers.length > 0) {
      findings.push({
        kind: "stranger",
        text: `${called} is paired without standing in the inventory (peers)${more}`,
      });
    }
  }
  for (const [id, { name, address }] of Object.entries(pending.devices)) {
    if (ours.has(id)) continue;
    const from = address === "" ? "" : ` from ${printable(address)}`;
    findings.push({ kind: "stranger-knocks", text: `${calledSo(id, name)} asks${from} to be let in` });
  }
  findings.push(...offered(pending, names, wish));
  if (wish.whose === "ours") {
    for (const { id, label } of config.folders) {
      if (id === wish.folder.id) continue;
      findings.push({
        kind: "other-folder",
        text: `it shares ${printable(label || id)} too, which pimesh did not set up`,
      });
    }
  }
  return findings;
}

function offered(pending: Pending, names: ReadonlyMap<string, string>, wish: Wish): Finding[] {
  return Object.entries(pending.folders).flatMap(([folder, { offeredBy }]) =>
    Object.entries(offeredBy).flatMap(([id, { label }]): Finding[] => {
      // Half of a pairing that this plan completes.
      if (folder === wish.folder.id && names.has(id)) return [];
      const by = names.get(id) ?? calledSo(id, "");
      return [{ kind: "folder-offered", text: `${by} offers the folder ${printable(label || folder)}` }];
    }),
  );
}

function calledSo(id: string, name: string): string {
  return name === "" ? `the device ${id.slice(0, 7)}` : `${printable(name)} (${id.slice(0, 7)})`;
}

/** Anybody on the network chooses what stands in it. */
function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length <= 60 ? line : `${line.slice(0, 60)}…`;
}
