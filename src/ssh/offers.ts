import ssh2, {
  type AnyAuthMethod,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";
import { agentKeys, showAgentKey, type AgentKey } from "./agent-keys.ts";
import { typeOf } from "./host-key.ts";
import { showKeyFile, unsupported, type KeyFile } from "./key-file.ts";
import type { Passphrases } from "./passphrases.ts";

const { BaseAgent, createAgent, utils } = ssh2;

/** One key to offer to a server. */
interface Offer {
  /** For messages: which key it is, and its fingerprint. */
  readonly label: string;
  /** What ssh2 takes; `hold` keeps the server's deadline from running while a person is asked. */
  method(username: string, hold: Hold): Promise<AnyAuthMethod | undefined>;
}

export type Hold = <T>(work: () => Promise<T>) => Promise<T>;

export interface Offers {
  /** In the order in which they are to be offered. */
  readonly offers: readonly Offer[];
  /** Keys that were found and cannot be used, each with its reason, for messages. */
  readonly unusable: readonly string[];
}

export interface OfferOptions {
  /** Keys that the inventory names for the node. */
  readonly inventoryFiles: readonly string[];
  /** Keys of the user's ssh configuration, or OpenSSH's defaults. */
  readonly configFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  readonly home: string;
  readonly readKey: (path: string) => Promise<KeyFile>;
  readonly passphrases: Passphrases;
  readonly agentTimeoutMs: number;
}

/**
 * Most servers hang up after six failed attempts (sshd_config(5), MaxAuthTries), and OpenSSH 9.8+ then bars the whole
 * address for a while. Five leave one for a password.
 */
const mostOffers = 5;

/**
 * The keys to offer: the inventory's, the configured ones that the agent holds, the agent's others, the remaining
 * configured files, those with a passphrase last. When the inventory names keys, the agent's others stay at home:
 * that is what IdentitiesOnly is for.
 */
export async function gatherOffers(options: OfferOptions): Promise<Offers> {
  const unusable: string[] = [];
  const inAgent = await usableAgentKeys(options, unusable);
  const offers: Offer[] = [];
  const offered = new Set<string>();
  const add = (blob: Buffer | undefined, offer: Offer): void => {
    const id = blob?.toString("base64");
    if (id !== undefined && offered.has(id)) return;
    if (id !== undefined) offered.add(id);
    offers.push(offer);
  };
  const held = (blob: Buffer | undefined): AgentKey | undefined =>
    blob && inAgent.find((key) => key.blob.equals(blob));

  const fromInventory = await candidatesOf(options.inventoryFiles, options);
  const fromConfig = await candidatesOf(options.configFiles, options);
  for (const { path, file } of fromInventory) {
    if (file.kind === "absent") unusable.push(`${path}: there is no such file`);
  }
  const offerFile = (candidate: Candidate): void => {
    const { path, file } = candidate;
    const label = showKeyFile(path, options.home, blobOf(file));
    const agentKey = held(blobOf(file));
    if (agentKey) return add(agentKey.blob, agentOffer(agentKey, label, options));
    switch (file.kind) {
      case "absent":
        return undefined;
      case "unusable":
        return void unusable.push(`${label}: ${file.reason}`);
      case "public":
        return void unusable.push(`${label}: only its public half is here, and no agent holds the other`);
      case "plain":
        return add(file.blob, plainOffer(file.key, label));
      case "encrypted":
        if (options.passphrases.canAsk) return add(file.blob, encryptedOffer(path, file, label, options));
        return void unusable.push(
          `${label}: it has a passphrase and there is no terminal to ask (ssh-add ${path})`,
        );
    }
  };

  for (const candidate of fromInventory) offerFile(candidate);
  for (const candidate of fromConfig) if (held(blobOf(candidate.file))) offerFile(candidate);
  if (!options.identitiesOnly && options.inventoryFiles.length === 0) {
    for (const key of inAgent) add(key.blob, agentOffer(key, showAgentKey(key), options));
  }
  const last = fromConfig.filter(({ file }) => file.kind === "encrypted");
  for (const candidate of fromConfig) if (!last.includes(candidate)) offerFile(candidate);
  for (const candidate of last) offerFile(candidate);

  for (const path of options.certificateFiles) {
    unusable.push(`${path}: an OpenSSH certificate, which the ssh2 library cannot present`);
  }
  for (const offer of offers.slice(mostOffers)) {
    unusable.push(
      `${offer.label}: not offered, servers hang up after too many keys (name the right one: identity)`,
    );
  }
  return { offers: offers.slice(0, mostOffers), unusable };
}

async function candidatesOf(paths: readonly string[], { readKey }: OfferOptions): Promise<Candidate[]> {
  return Promise.all(paths.map(async (path) => ({ path, file: await readKey(path) })));
}

interface Candidate {
  readonly path: string;
  readonly file: KeyFile;
}

function blobOf(file: KeyFile): Buffer | undefined {
  return "blob" in file ? file.blob : undefined;
}

async function usableAgentKeys(options: OfferOptions, unusable: string[]): Promise<readonly AgentKey[]> {
  if (options.agentSocket === undefined) return [];
  const keys = await agentKeys(options.agentSocket, options.agentTimeoutMs);
  return keys.filter((key) => {
    const reason = unsupported(typeOf(key.blob) ?? "unknown");
    if (reason !== undefined) unusable.push(`${showAgentKey(key)}: ${reason}`);
    return reason === undefined;
  });
}

function plainOffer(key: ParsedKey, label: string): Offer {
  // The types name only text and buffers, but a parsed key is taken as it is (keyParser.js, isParsedKey).
  const method = { type: "publickey", key: key as unknown as Buffer } as const;
  return { label, method: async (username) => ({ ...method, username }) };
}

/**
 * ssh2 asks a method of the kind `agent` for a signature only after the server has accepted the public half. So a
 * passphrase is asked for a key that opens the door, and for no other.
 */
function encryptedOffer(
  path: string,
  file: KeyFile & { readonly kind: "encrypted" },
  label: string,
  { passphrases }: OfferOptions,
): Offer {
  return {
    label,
    method: async (username, hold) => {
      const unlock = (): Promise<ParsedKey> => hold(() => passphrases.unlock(path, file.text));
      // An old PEM file hides its public half too: then there is nothing to offer before the passphrase.
      if (file.blob === undefined) return plainOffer(await unlock(), label).method(username, hold);
      const sign: Sign = async (data, hash) => (await unlock()).sign(data, hash);
      return { type: "agent", username, agent: new OneKeyAgent(file.blob, sign) };
    },
  };
}

function agentOffer(key: AgentKey, label: string, { agentSocket = "" }: OfferOptions): Offer {
  const agent = createAgent(agentSocket);
  return {
    label,
    method: async (username, hold) => {
      // An agent may itself ask a person before it signs (ssh-add -c).
      const sign: Sign = (data, hash) =>
        hold(
          () =>
            new Promise((resolve, reject) => {
              const options: SigningRequestOptions = hash === undefined ? {} : { hash };
              agent.sign(key.blob, data, options, (error, signature) => {
                if (error || !signature) reject(error ?? new Error("the agent gave no signature"));
                else resolve(signature);
              });
            }),
        );
      return { type: "agent", username, agent: new OneKeyAgent(key.blob, sign) };
    },
  };
}

type Sign = (data: Buffer, hash: SigningRequestOptions["hash"]) => Promise<Buffer>;

/** An agent that holds one key, so that the order of the offers is ours and not the agent's. */
class OneKeyAgent extends BaseAgent<Buffer> {
  readonly #blob: Buffer;
  readonly #sign: Sign;

  constructor(blob: Buffer, sign: Sign) {
    super();
    this.#blob = blob;
    this.#sign = sign;
  }

  override getIdentities(done: IdentityCallback<Buffer>): void {
    const key = utils.parseKey(this.#blob);
    if (key instanceof Error) done(key);
    else done(null, [key as unknown as Buffer]);
  }

  override sign(
    _key: Buffer,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const callback = typeof options === "function" ? options : done;
    const hash = typeof options === "function" ? undefined : options.hash;
    void this.#answer(data, hash, callback);
  }

  async #answer(
    data: Buffer,
    hash: SigningRequestOptions["hash"],
    done: SignCallback | undefined,
  ): Promise<void> {
    try {
      done?.(null, await this.#sign(data, hash));
    } catch (error) {
      done?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
