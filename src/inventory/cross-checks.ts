import type { Laptop, Node } from "./inventory.ts";
import { isMapping, type Reader } from "./read-mapping.ts";
import { formatPath, suggestion, type Path } from "./problem.ts";

/** A jump leads to another node, and in the end to one that is reached directly. */
export function checkJumps(nodes: readonly Node[], to: Reader): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const told = new Set<string>();
  for (const { name, jump } of nodes) {
    if (jump === undefined) continue;
    const own = to.tree.has(["nodes", name, "jump"]);
    const place = own ? ["nodes", name, "jump"] : ["defaults", "jump"];
    const others = [...byName.keys()].filter((other) => other !== name);
    if (jump === name) {
      to.complain(
        place,
        "value",
        `${name} cannot be reached through itself${own ? "" : `; write jump: false at ${name}`}`,
      );
    } else if (!byName.has(jump)) {
      to.complain(place, "value", `there is no node called ${formatPath([jump])}${suggestion(jump, others)}`);
    } else {
      const circle = circleFrom(name, byName);
      if (circle === undefined || told.has(name)) continue;
      circle.forEach((member) => told.add(member));
      to.complain(place, "value", `goes in a circle: ${[...circle, name].join(" → ")}`);
    }
  }
}

/** The circle that `name` is a part of; a node that only leads into one is no part of it. */
function circleFrom(name: string, nodes: ReadonlyMap<string, Node>): string[] | undefined {
  const trail = [name];
  for (let next = nodes.get(name)?.jump; next !== undefined; next = nodes.get(next)?.jump) {
    if (next === name) return trail;
    if (trail.includes(next)) return undefined;
    trail.push(next);
  }
  return undefined;
}

/** Two nodes behind one address are one Pi: it would be set up twice, as two. Behind different jumps they are two. */
export function checkAddresses(nodes: readonly Node[], to: Reader): void {
  const owners = new Map<string, string>();
  for (const { name, addresses, jump } of nodes) {
    const layer = to.tree.has(["nodes", name, "address"]) ? ["nodes", name] : ["defaults"];
    addresses.forEach(({ host, port, text }, index) => {
      const id = JSON.stringify([host.toLowerCase(), port ?? 22, jump]);
      const owner = owners.get(id);
      if (owner === undefined) {
        owners.set(id, name);
        return;
      }
      const list = [...layer, "address", index];
      const place = to.tree.has(list) ? list : list.slice(0, -1);
      to.complain(
        place,
        "value",
        owner === name ? `${text} is there twice` : `${text} is the address of ${owner} too`,
      );
    });
  }
}

/** Folders of a list, and the laptop's partitions that become folders beside them, are different folders. */
export function checkFolders(nodes: readonly string[], laptop: Laptop, to: Reader): void {
  const partitions = Object.keys(laptop.folders);
  checkTwice(partitions, (index) => ["laptop", "folders", partitions[index] as string], to);
  for (const layer of [["defaults"], ...nodes.map((name) => ["nodes", name])]) {
    const place = (index: number): Path => [...layer, "folders", index];
    const folders = listAt(to.tree.value, [...layer, "folders"]);
    checkTwice(folders, place, to);
    folders.forEach((folder, index) => {
      const partition = partitions.find((name) => folded(name) === folded(folder.split("/")[0] ?? ""));
      if (partition === undefined) return;
      to.complain(
        place(index),
        "value",
        `collides with ${formatPath(["laptop", "folders", partition])}, which every node has anyway`,
      );
    });
  }
}

/** Names that differ only in case or Unicode form are one name on a Mac or on Windows, but two patterns. */
export function checkTwice(
  names: readonly string[],
  place: (index: number) => Path,
  to: Reader,
  sameness: "as names" | "as patterns" = "as names",
): void {
  const seen = new Map<string, string>();
  names.forEach((name, index) => {
    const id = sameness === "as names" ? folded(name) : name;
    const earlier = seen.get(id);
    if (earlier === undefined) seen.set(id, name);
    else if (earlier === name) to.complain(place(index), "value", "is there twice");
    else
      to.complain(
        place(index),
        "value",
        `differs from ${formatPath([earlier])} only in case or in the form of accents`,
      );
  });
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function listAt(value: unknown, path: readonly string[]): string[] {
  const found = path.reduce<unknown>(
    (outer, key) => (isMapping(outer) && Object.hasOwn(outer, key) ? outer[key] : undefined),
    value,
  );
  return Array.isArray(found)
    ? found.map((item, index) => (typeof item === "string" ? item : `\0${index}`))
    : [];
}
