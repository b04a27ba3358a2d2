import type { InitSystem } from "./init-library.ts";

/** Who starts the engine on a node, with which program and by which configuration. */
export type EngineWay =
  /** A program that the user has supplied, started by a unit or an init script of ours. */
  | { readonly kind: "ours" }
  /** Somebody's unit, the vendor's or the user's own, which stays. */
  | {
      readonly kind: "theirs";
      /** Who it runs as, as it says; undefined: root. */
      readonly user: string | undefined;
      /** Path on the node of the configuration that it is to read; undefined: ours. */
      readonly config: string | undefined;
      /** Path of its program; undefined: the one that the user has supplied. */
      readonly program: string | undefined;
      /** A drop-in has to tell it program or configuration. */
      readonly retold: boolean;
    }
  /** Something starts it in a way that we do not see through: its program and configuration stay as they are. */
  | { readonly kind: "left"; readonly why: string };

/**
 * Decides from what was found. `supplied`: the inventory names a program, or an earlier provision has brought one. Undefined:
 * there is no program for it.
 */
export function engineWay(found: {
  readonly init: InitSystem;
  readonly unit: { readonly path: string; readonly text: string } | undefined;
  readonly supplied: boolean;
}): EngineWay | undefined {
  const { init, unit, supplied } = found;
  if (unit === undefined || isOurs(unit.text)) return supplied ? { kind: "ours" } : undefined;
  if (init === "sysvinit") return { kind: "left", why: `${unit.path} starts it, which is not of our making` };
  const script = /^SourcePath=(\S+)/m.exec(unit.text)?.[1];
  // systemd makes no unit of an init script beside one that is written out
  if (script !== undefined) {
    return supplied ? { kind: "ours" } : { kind: "left", why: `the init script ${script} starts it` };
  }
  const said = execOf(unit.text);
  if (said === undefined && !supplied) {
    return { kind: "left", why: `${unit.path} starts it in a way that pimesh does not see through` };
  }
  return {
    kind: "theirs",
    user: userOf(unit.text),
    config: said?.config,
    program: supplied ? undefined : said?.program,
    retold: supplied || said?.config === undefined,
  };
}

/** The mark is the first words of each of our texts. */
function isOurs(text: string): boolean {
  return /^(?:#!.*\n)?# Written by pimesh\b/.test(text);
}

/**
 * Program and configuration of a unit's command (systemd.service(5)); undefined for more than one command, a wrapper's options or
 * words with quotes, specifiers or variables.
 */
export function execOf(
  text: string,
): { readonly program: string; readonly config: string | undefined } | undefined {
  const commands: string[] = [];
  for (const line of text.replaceAll(/\\\n/g, " ").split("\n")) {
    const value = /^\s*ExecStart\s*=\s*(.*?)\s*$/.exec(line)?.[1];
    if (value === "") commands.length = 0;
    else if (value !== undefined) commands.push(value);
  }
  const [command = "", ...more] = commands;
  const [program = "", ...words] = command.replace(/^[-:+!]+/, "").split(/\s+/);
  if (more.length > 0 || !program.startsWith("/") || /["'$%\\]/.test(command)) return undefined;
  const at = words.findIndex((word) => /^--config(?:=|$)/.test(word));
  if (at < 0) return { program, config: undefined };
  const config = words[at]?.startsWith("--config=") === true ? words[at].slice(9) : words[at + 1];
  return config?.startsWith("/") === true ? { program, config } : undefined;
}

function userOf(text: string): string | undefined {
  const names = [...text.matchAll(/^\s*User\s*=\s*(\S*)\s*$/gm)].map((match) => match[1] ?? "");
  const last = names.at(-1) ?? "";
  return last === "" || last === "root" || last === "0" ? undefined : last;
}
