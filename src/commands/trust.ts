import { PimeshError } from "../core/error.ts";
import { exitCode, type ExitCode } from "../core/exit-code.ts";
import { exitCodeOf } from "../core/outcome.ts";
import { eachNode } from "../fleet/each-node.ts";
import type { Node } from "../inventory/inventory.ts";
import { selectNodes } from "../inventory/select.ts";
import { renderErrors } from "../render/errors.ts";
import { noAddress } from "../ssh/fate.ts";
import { showKey, type HostKey } from "../ssh/host-key.ts";
import type { Sight } from "../ssh/look.ts";
import type { Pin } from "../ssh/pins.ts";
import { openReach, type Reach } from "../ssh/reach.ts";
import type { Context } from "./context.ts";
import { inventoryOf } from "./inventory-of.ts";

export interface TrustOptions {
  readonly inventory?: string;
  /** Accept a key other than the pinned one. */
  readonly replace?: boolean;
  /** Pin without asking. */
  readonly yes?: boolean;
  /** `SHA256:…`: pin the key that has it, and no other. */
  readonly fingerprint?: string;
}

/** Shows the host key of each node and pins it when the person says that it is the right one. */
export async function trust(
  context: Context,
  names: readonly string[],
  given: TrustOptions = {},
): Promise<ExitCode> {
  const options =
    given.fingerprint === undefined ? given : { ...given, fingerprint: fingerprintIn(given.fingerprint) };
  const inventory = await inventoryOf(context, options);
  const nodes = selectNodes(inventory, names);
  if (options.fingerprint !== undefined && nodes.length > 1) {
    throw new PimeshError("E-USAGE", "--fingerprint belongs to one node", {
      hint: `pimesh trust ${nodes[0]?.name} --fingerprint ${options.fingerprint}`,
    });
  }
  const { stateFolder, env, home, prompt, signal, now } = context;
  const notice = (text: string): void => context.err(`${text}\n`);
  await using reach = openReach({ inventory, stateFolder, env, home, prompt, signal, now, notice });
  // One at a time: there is a person to be asked.
  const outcomes = await eachNode(nodes, (node) => trustNode(context, reach, node, options), {
    concurrency: 1,
  });
  const errors = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  if (errors.length > 0) context.err(renderErrors(errors, context.terminal));
  return exitCodeOf(outcomes, (pinned) => (pinned ? exitCode.fine : exitCode.failed));
}

/** As `ssh-keygen -l` prints it; a SHA-256 is 43 characters of base64. Throws E-USAGE for anything else. */
function fingerprintIn(text: string): string {
  const [, digits] = /^(?:SHA256:)?([A-Za-z0-9+/]{43})=?$/i.exec(text.trim()) ?? [];
  if (digits !== undefined) return `SHA256:${digits}`;
  throw new PimeshError(
    "E-USAGE",
    "--fingerprint is not a SHA-256 fingerprint: SHA256: and 43 letters, digits, + or /",
    { hint: "on the Pi itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" },
  );
}

/** True when the node has the right pin now. */
async function trustNode(
  context: Context,
  reach: Reach,
  node: Node,
  options: TrustOptions,
): Promise<boolean> {
  const pinned = await pinsOf(reach, node, options);
  const sights = await reach.look(node);
  context.err(describe(node, sights, pinned));
  const keys = keysOf(sights);
  if (keys.length === 0) throw nothingSeen(node, sights);
  const wanted =
    options.fingerprint === undefined ? keys : keys.filter((key) => hasFingerprint(key, options));
  if (wanted.length === 0) throw otherFingerprint(node, keys, options);
  const unchanged = wanted.find((key) => pinned.some((pin) => pin.key === key.key));
  if (unchanged) {
    context.out(`${node.name}: unchanged, ${showKey(unchanged)} is pinned already\n`);
    return true;
  }
  if (pinned.length > 0 && options.replace !== true) {
    throw needsReplace(node, pinned, wanted, { ...options, interactive: context.prompt.interactive });
  }
  const key = await choose(context, node, wanted, options);
  if (key === undefined) {
    context.out(`${node.name}: nothing was pinned\n`);
    return false;
  }
  refuseRevoked(node, sights, key);
  await reach.pins.write(node.name, [{ ...key, at: new Date(context.now()).toISOString(), from: "trust" }]);
  context.out(`${node.name}: ${pinned.length > 0 ? "replaced, now pinned:" : "pinned"} ${showKey(key)}\n`);
  return true;
}

async function pinsOf(reach: Reach, node: Node, { replace }: TrustOptions): Promise<readonly Pin[]> {
  try {
    return await reach.pins.read(node.name);
  } catch (error) {
    // A damaged record is replaced like a wrong one.
    if (replace === true && error instanceof PimeshError && error.code === "E-STATE") return [];
    throw error;
  }
}

/** What a person needs to compare, on stderr: it is a dialogue, not data. */
function describe(node: Node, sights: readonly Sight[], pinned: readonly Pin[]): string {
  const seen = sights.map((sight) =>
    sight.kind === "key"
      ? `  ${sight.address} shows  ${showKey(sight.key)}\n`
      : `  ${sight.address}: ${sight.what}\n`,
  );
  const before = pinned.map((pin) => `  pinned since ${pin.at.slice(0, 10)}: ${showKey(pin)}\n`);
  const compare = keysOf(sights)
    .map((key) => hostKeyFile[key.type])
    .filter((file) => file !== undefined)
    .map((file) => `  compare on the Pi itself: ssh-keygen -lf ${file}\n`);
  return [`${node.name}:\n`, ...seen, ...before, ...compare].join("");
}

const hostKeyFile: Readonly<Record<string, string>> = {
  "ssh-ed25519": "/etc/ssh/ssh_host_ed25519_key.pub",
  "ssh-rsa": "/etc/ssh/ssh_host_rsa_key.pub",
  "ecdsa-sha2-nistp256": "/etc/ssh/ssh_host_ecdsa_key.pub",
};

/** The keys that were seen, each once. */
function keysOf(sights: readonly Sight[]): HostKey[] {
  const keys = new Map<string, HostKey>();
  for (const sight of sights) if (sight.kind === "key") keys.set(sight.key.key, sight.key);
  return [...keys.values()];
}

function hasFingerprint(key: HostKey, { fingerprint = "" }: TrustOptions): boolean {
  return key.fingerprint === fingerprint;
}

/** The key that the person, or the flag, says is the node's. */
async function choose(
  context: Context,
  node: Node,
  keys: readonly HostKey[],
  options: TrustOptions,
): Promise<HostKey | undefined> {
  const [first] = keys;
  if (first === undefined) return undefined;
  if (options.fingerprint !== undefined) return first;
  const again = `pimesh trust ${node.name}${options.replace === true ? " --replace" : ""} --fingerprint SHA256:...`;
  if (options.yes === true) {
    if (keys.length === 1) return first;
    throw new PimeshError("E-NEEDS-TTY", "its addresses show different keys, so --yes cannot choose", {
      node: node.name,
      hint: again,
    });
  }
  if (!context.prompt.interactive) {
    throw new PimeshError("E-NEEDS-TTY", "there is no terminal to ask whether this is the right key", {
      node: node.name,
      hint: `${again}   (as read on its own screen)`,
    });
  }
  for (const key of keys) {
    const question = `Is ${showKey(key)} the key of ${node.name}?`;
    if (await context.prompt.confirm(question, { flag: `--fingerprint ${key.fingerprint}` })) return key;
  }
  return undefined;
}

function refuseRevoked(node: Node, sights: readonly Sight[], key: HostKey): void {
  const revoked = sights.find(
    (sight) => sight.kind === "key" && sight.key.key === key.key && sight.revokedBy,
  );
  if (revoked?.kind !== "key") return;
  throw new PimeshError("E-HOST-KEY-REVOKED", `${revoked.revokedBy} revokes ${showKey(key)}`, {
    node: node.name,
    hint: `make new host keys on ${node.name}`,
  });
}

function nothingSeen(node: Node, sights: readonly Sight[]): PimeshError {
  return noAddress(
    node.name,
    sights.flatMap((sight) => (sight.kind === "key" ? [] : [sight.fate])),
  );
}

function otherFingerprint(node: Node, keys: readonly HostKey[], options: TrustOptions): PimeshError {
  return new PimeshError(
    "E-HOST-KEY-UNKNOWN",
    `no address shows a key with the fingerprint ${options.fingerprint}, only ${keys.map(showKey).join(", ")}`,
    {
      node: node.name,
      hint: "compare it on the Pi itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    },
  );
}

function needsReplace(
  node: Node,
  pinned: readonly Pin[],
  keys: readonly HostKey[],
  { fingerprint, interactive }: TrustOptions & { readonly interactive: boolean },
): PimeshError {
  // Without a terminal --replace alone would have nobody to ask.
  const which =
    fingerprint === undefined
      ? interactive
        ? ""
        : " --fingerprint SHA256:..."
      : ` --fingerprint ${fingerprint}`;
  const before = pinned.map((pin) => `${showKey(pin)} (pinned ${pin.at.slice(0, 10)})`).join(", ");
  return new PimeshError(
    "E-HOST-KEY-CHANGED",
    `another key is pinned: ${before}; now it shows ${keys.map(showKey).join(", ")}`,
    {
      node: node.name,
      hint: `pimesh trust ${node.name} --replace${which}   (only if it was re-flashed or got new keys)`,
    },
  );
}
