import { join, posix } from "node:path";

/** What a path of the laptop is expanded with. */
export interface Surroundings {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Absolute path of what the inventory writes with `~`, `$NAME`, `${NAME}` (`$$` is a dollar sign), or what is wrong with
 * it. An unset variable is an error: `$DISK/btsync` must not become `/btsync`. Messages never repeat the text, because
 * it may be a password that was put where its file belongs.
 */
export function expandLaptopPath(
  text: string,
  { home, env }: Surroundings,
): { readonly path: string } | { readonly problem: string } {
  if (text === "") return { problem: "is empty" };
  if (!/^[/~$]/.test(text)) return { problem: notAbsolute };
  if (/^~[^/]/.test(text)) return { problem: "only ~ and ~/ are known, not another user's home" };
  let problem: string | undefined;
  const expanded = text
    .replace(/^~(?=\/|$)/, () => home.replaceAll("$", "$$$$"))
    .replaceAll(
      /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\}|)/g,
      (whole, plain: string | undefined, braced: string | undefined) => {
        if (whole === "$$") return "$";
        const name = plain ?? braced;
        if (name === undefined) problem ??= "holds a $ that starts no $NAME or ${NAME}; $$ is a dollar sign";
        else if (!env[name]) problem ??= `the environment variable ${name} is not set`;
        return (name === undefined ? undefined : env[name]) ?? "";
      },
    );
  if (problem !== undefined) return { problem };
  if (/\p{Cc}/u.test(expanded)) return { problem: "holds a control character" };
  if (!expanded.startsWith("/")) return { problem: notAbsolute };
  // PATH_MAX of Linux, its final NUL byte left out.
  if (Buffer.byteLength(expanded) > 4095) return { problem: "is longer than 4095 bytes" };
  if (expanded.split("/").includes("..")) return { problem: "holds .." };
  return { path: posix.normalize(expanded).replace(/(?<=.)\/$/, "") };
}

/** The same for a file that may lie beside the inventory: `./name` is in `folder`, the inventory's own. */
export function expandLaptopFile(
  text: string,
  folder: string,
  surroundings: Surroundings,
): { readonly path: string } | { readonly problem: string } {
  if (!text.startsWith("./")) {
    const result = expandLaptopPath(text, surroundings);
    return "problem" in result && result.problem === notAbsolute
      ? { problem: `${notAbsolute}; ./ is the folder of the inventory` }
      : result;
  }
  // `folder` itself is not expanded: it may well have a $ in its name.
  const below = expandLaptopPath(text.slice(1), surroundings);
  return "path" in below ? { path: join(folder, below.path) } : below;
}

const notAbsolute = "is not absolute: it starts with neither / nor ~";
