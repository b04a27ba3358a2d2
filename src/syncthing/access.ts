import { child, parseXml } from "./xml-element.ts";

/** How to speak to an instance. */
export interface Access {
  /** Never printed. */
  readonly apiKey: string;
  readonly address: GuiAddress;
  readonly tls: boolean;
}

export type GuiAddress =
  /** `loopback`: it listens there alone. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly loopback: boolean }
  | { readonly kind: "unix"; readonly path: string };

/**
 * What a config.xml, or its `<gui>` element alone, says about the GUI and the API behind it; or why nobody can speak to that
 * instance, as the end of a sentence that begins with the file.
 */
export function readAccess(config: string): Access | string {
  const root = parseXml(config);
  if (typeof root === "string") return root;
  const gui = root.name === "gui" ? root : root.name === "configuration" ? child(root, "gui") : undefined;
  if (gui === undefined) return "is no configuration of Syncthing with a <gui> in it";
  if (gui.attributes.get("enabled") === "false") return "has the GUI switched off, and the API with it";
  const apiKey = (child(gui, "apikey")?.text ?? "").trim();
  if (apiKey === "") return "has no API key (Actions, Settings, API key: Generate)";
  // It goes into an HTTP header
  if (!/^[\x21-\x7e]+$/.test(apiKey)) return "has an API key with blanks or letters beyond ASCII in it";
  const address = parseGuiAddress((child(gui, "address")?.text ?? "").trim());
  if (typeof address === "string") return address;
  return { apiKey, address, tls: gui.attributes.get("tls") === "true" };
}

/**
 * As Syncthing reads it (lib/config, GUIConfiguration): `host:port`, a path, or a URL of either. `host` is where it is reached
 * from its own machine.
 */
export function parseGuiAddress(text: string): GuiAddress | string {
  const path = /^(?:unixs?:\/\/)?(\/.*)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const match = /^(?:https?:\/\/)?(?:\[([^\]]*)\]|([^:/[\]]*)):(\d{1,5})\/?$/.exec(text);
  const port = Number(match?.[3] ?? 0);
  if (!match || port < 1 || port > 65_535)
    return `has a GUI address that cannot be read: ${JSON.stringify(text)}`;
  const written = match[1] ?? match[2] ?? "";
  // On all addresses is on this one too.
  const host = ["", "0.0.0.0", "::"].includes(written) ? "127.0.0.1" : written;
  return { kind: "tcp", host, port, loopback: /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/.test(written) };
}
