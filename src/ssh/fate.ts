import { PimeshError, type ErrorCode } from "../core/error.ts";
import { parseAddress } from "../inventory/address.ts";
import { NoAnswer } from "./dial.ts";
import type { Stage } from "./session.ts";
import { SessionFailure } from "./session.ts";

/** What became of one address. */
export interface Fate {
  /** As the inventory writes it. */
  readonly address: string;
  /** For people, without the address. */
  readonly what: string;
  /** When something answered there that must not be passed over in silence. */
  readonly error: PimeshError | undefined;
  /** When something took the connection, but no SSH server came of it. */
  readonly heard?: "no ssh" | "nothing" | "sent away";
}

/** What a failure before the login says about an address; the next one may still do. Any other error is a bug and goes on. */
export function fateOf(address: string, node: string, error: unknown): Fate {
  if (error instanceof PimeshError) return { address, what: error.message, error };
  if (error instanceof NoAnswer) return { address, what: error.message, error: undefined };
  if (!(error instanceof SessionFailure)) throw error;
  const what = describe(error);
  if (error.reason !== "protocol") {
    const heard = heardIn(error);
    return { address, what, error: undefined, ...(heard === undefined ? {} : { heard }) };
  }
  return {
    address,
    what,
    error: new PimeshError("E-SSH-PROTOCOL", `${address}: ${what}`, { node, hint: trySsh(address) }),
  };
}

/**
 * The one error for a node of which no address did. A wrong host key matters more than silence: the person must hear of
 * it even when other addresses simply did not answer.
 */
export function noAddress(node: string, fates: readonly Fate[]): PimeshError {
  const worst = severity
    .map((code) => fates.find((fate) => fate.error?.code === code))
    .find((fate) => fate !== undefined);
  if (worst?.error) {
    const others = fates.filter((fate) => fate !== worst).map(show);
    const more = others.length === 0 ? "" : `; other addresses: ${others.join("; ")}`;
    const { code, message, hint } = worst.error;
    return new PimeshError(code, message + more, {
      node,
      cause: worst.error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const answered = fates.find(({ heard }) => heard !== undefined);
  const { head, hint } = headOf(node, answered ?? fates[0]);
  return new PimeshError("E-NO-ADDRESS-ANSWERS", `${head}: ${fates.map(show).join("; ")}`, { node, hint });
}

function headOf(node: string, fate: Fate | undefined): { head: string; hint: string } {
  const address = fate?.address ?? node;
  switch (fate?.heard) {
    case "no ssh":
      return {
        head: "nothing there speaks SSH",
        hint: `mend the host or the port in nodes.${node}.address of the inventory (${address} is something else)`,
      };
    case "nothing":
      return { head: "it accepts connections but does not answer", hint: trySsh(address) };
    case "sent away":
      return { head: "its SSH server turns this laptop away for now", hint: trySsh(address) };
    case undefined:
    default:
      return { head: "no address answers", hint: `ping ${partsOf(address).host}` };
  }
}

/** OpenSSH's own words where its banner should be (sshd.c): it is busy, or bars this laptop for a while. */
const sentAway = /^(?:Not allowed at this time|Exceeded MaxStartups)/;

function heardIn({ stage, reason, said }: SessionFailure): Fate["heard"] {
  if (stage === "login") return undefined;
  if (said !== undefined) return sentAway.test(said) ? "sent away" : "no ssh";
  return reason === "timed out" ? "nothing" : undefined;
}

/** A command that says more than we can: `ssh -v -p 2222 host`. */
function trySsh(address: string): string {
  const { host, port } = partsOf(address);
  return `ssh -v ${port === undefined ? "" : `-p ${port} `}${host}`;
}

/** A jump host's address may be written in a way that the inventory does not know. */
function partsOf(address: string): { host: string; port: number | undefined } {
  const parsed = parseAddress(address);
  return typeof parsed === "string" ? { host: address, port: undefined } : parsed;
}

const severity: readonly ErrorCode[] = [
  "E-HOST-KEY-CHANGED",
  "E-HOST-KEY-REVOKED",
  "E-HOST-KEY-CONTRADICTION",
  "E-HOST-KEY-UNKNOWN",
  "E-SSH-PROTOCOL",
];

function show({ address, what }: Fate): string {
  return what.includes(address) ? what : `${address}: ${what}`;
}

function describe(failure: SessionFailure): string {
  const { stage, reason, message, said } = failure;
  if (reason === "closed") {
    return `${message} ${closedAt[stage]}${said === undefined ? "" : `; it said ${JSON.stringify(said)}`}`;
  }
  if (reason === "timed out") {
    return `it accepted the connection, then ${message} ${timedOutAt[stage]}${said === undefined ? "" : `; it said ${JSON.stringify(said)}`}`;
  }
  return reason === "protocol" ? protocolProblem(message) : message;
}

// OpenSSH 9.8 and later bar an address for a while after failed logins (sshd_config(5), PerSourcePenalties).
const closedAt: Readonly<Record<Stage, string>> = {
  banner:
    "before it showed an SSH banner: no SSH server, or one that bars this laptop for some minutes after failed logins",
  handshake: "during the key exchange",
  login: "during the login",
};

const timedOutAt: Readonly<Record<Stage, string>> = {
  banner: "while its SSH banner was awaited",
  handshake: "during the key exchange",
  login: "during the login",
};

function protocolProblem(message: string): string {
  if (/no matching host key/i.test(message)) {
    return "it has no host key that is safe to accept: SSH servers before 2016 sign with SHA-1 only";
  }
  if (/no matching/i.test(message)) return `its SSH server is too old or too strict: ${message}`;
  return `its SSH server and pimesh do not understand each other: ${message}`;
}
