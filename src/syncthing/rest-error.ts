import { PimeshError } from "../core/error.ts";

/** An answer that is no success. */
export interface Refusal {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
  /** Did it show a header that only Syncthing sends? */
  readonly fromSyncthing: boolean;
}

export interface Call {
  readonly node: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

/** A call for people, without the query: that names folders and devices, and is long. */
export function shown({ method, path }: Call): string {
  return `${method} ${path.replace(/\?.*$/, "")}`;
}

/**
 * What an answer other than 2xx means. 1.19.2 says 403 for a wrong key ("CSRF Error") and for a foreign Host header ("Host check
 * error"), 401 where its GUI has a password [ran]; a folder that is in error says why with a 500 [ran].
 */
export function refusalError(call: Call, { status, text, fromSyncthing }: Refusal): PimeshError {
  const { node } = call;
  const said = shortened(text);
  if (status === 403 && /host check/i.test(text)) {
    return new PimeshError("E-ENGINE-REFUSED", `Syncthing takes no questions under this host name: ${said}`, {
      node,
      hint: "set its GUI address to 127.0.0.1 (Actions, Settings, GUI)",
    });
  }
  if (status === 401 || (status === 403 && /csrf|forbidden|not authorized|^$/i.test(text.trim()))) {
    return new PimeshError(
      "E-ENGINE-KEY",
      "Syncthing does not take the API key that stands in its own config.xml",
      {
        node,
        hint: `${fromSyncthing ? "restart Syncthing" : "see whether it is Syncthing that listens there, and restart it"}: it then reads the key anew`,
      },
    );
  }
  if (status >= 300 && status < 400) {
    return new PimeshError("E-ENGINE-REFUSED", `Syncthing sends ${shown(call)} elsewhere (${status})`, {
      node,
      hint: "restart Syncthing: its config.xml says otherwise about TLS than it does",
    });
  }
  return new PimeshError(
    "E-ENGINE-REFUSED",
    `Syncthing refused ${shown(call)} (${status})${said === "" ? "" : `: ${said}`}`,
    { node },
  );
}

/** An answer that was no answer of Syncthing's. */
export function nonsense(call: Call, why: string, cause?: unknown): PimeshError {
  return new PimeshError(
    "E-ENGINE-ANSWER",
    `what came for ${shown(call)} is no answer of Syncthing: ${why}`,
    {
      node: call.node,
      cause,
      hint: "see who listens on that port, and which version of Syncthing it is",
    },
  );
}

/** One line for a message. */
function shortened(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`;
}
