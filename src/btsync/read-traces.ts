import type { Traces } from "./traces.ts";

/** What a node has answered to `tracesScript`. */
export type Look =
  | { readonly kind: "seen"; readonly traces: Traces }
  /** `none`: no configuration of it was found; `gone`: a running process was told one that is not there. */
  | { readonly kind: "none" }
  | { readonly kind: "gone" | "closed"; readonly config: string };

/** Undefined where the answer broke off. Whatever else stands on the stream, only the script knows the nonce. */
export function readTraces(stdout: Buffer, nonce: string): Look | undefined {
  const parts = `\n${stdout.toString("utf8")}`.split(`\n${nonce} `).slice(1);
  if (parts.at(-1)?.startsWith("end\n") !== true) return undefined;
  const sections = new Map(
    parts.map((part) => {
      const at = part.indexOf("\n");
      return [part.slice(0, at), part.slice(at + 1)] as const;
    }),
  );
  const line = (name: string): string | undefined => sections.get(name)?.trim().split("\n")[0];
  if (sections.has("none")) return { kind: "none" };
  for (const kind of ["gone", "closed"] as const) {
    const config = line(kind);
    if (config !== undefined) return { kind, config };
  }
  const config = line("config");
  const text = sections.get("text");
  if (config === undefined || text === undefined) return undefined;
  const [pid, started] = (sections.get("pid") ?? "").trim().split("\n");
  const marks = (sections.get("marks") ?? "closed").trim().split("\n").filter(Boolean);
  return {
    kind: "seen",
    traces: {
      config,
      text,
      storage: line("places") ?? "",
      pid: pid === "right" || pid === "other" || pid === "none" ? pid : "unknown",
      started: /^\d{8} \d\d:\d\d:\d\d$/.test(started ?? "") ? started : undefined,
      log: readLog(sections.get("log")),
      marks: marks.includes("closed") ? "closed" : marks,
    },
  };
}

function readLog(text: string | undefined): Traces["log"] {
  if (text === undefined) return undefined;
  const [seconds = "", ...lines] = text.trim().split("\n");
  const about = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  return {
    at: /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined,
    identity: about("identity"),
    errors: about("error"),
  };
}
