import { isJsonObject, type Json, type JsonObject } from "../engine/lenient-json.ts";

/** How to speak to the web interface of a btsync or Resilio. */
export type WebAccess =
  | {
      readonly kind: "on";
      /** Of the node's own 127.0.0.1. */
      readonly port: number;
      readonly tls: boolean;
      /** `user:password`, as HTTP Basic takes it; never printed. Undefined: nobody is asked for it. */
      readonly login: string | undefined;
    }
  /** `why`: the end of a sentence that begins with "its web interface". */
  | { readonly kind: "off"; readonly why: string };

/** What a configuration allows. Folders in it switch the interface off, by the vendor's own sample. */
export function webAccess(config: JsonObject): WebAccess {
  const { shared_folders: shared, webui } = config;
  if (shared !== undefined && !(Array.isArray(shared) && shared.length === 0)) {
    return off("is off, since the folders stand in the configuration");
  }
  if (!isJsonObject(webui) || textOf(webui["listen"]) === "") return off("is in no configuration");
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(textOf(webui["listen"])) ?? [];
  if (!(Number(port) >= 1 && Number(port) <= 65_535)) return off("has an address that cannot be read");
  if (!/^(?:|0\.0\.0\.0|127\.0\.0\.1|localhost)$/.test(host)) {
    return off(`listens on ${JSON.stringify(host)}, not on the node's own 127.0.0.1`);
  }
  const login = textOf(webui["login"]);
  const password = textOf(webui["password"]);
  if (password === "" && Object.keys(webui).some((key) => key.startsWith("password_hash"))) {
    return off("has its password in the configuration as a hash alone");
  }
  return {
    kind: "on",
    port: Number(port),
    tls: [true, "true", 1].includes((webui["force_https"] ?? false) as string),
    login: login === "" && password === "" ? undefined : `${login}:${password}`,
  };
}

function off(why: string): WebAccess {
  return { kind: "off", why };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
