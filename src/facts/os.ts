import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

export interface Os {
  /** As in os-release: `debian`, `raspbian`, `osmc`, `libreelec`, `ubuntu` … */
  readonly id: string;
  /** `13`, `22.04`; empty where the system has none. */
  readonly version: string;
  /** For people: `Debian GNU/Linux 13 (trixie)`. */
  readonly name: string;
  readonly flavour: OsFlavour;
}

type OsFlavour = "raspberry-pi-os" | "osmc" | "libreelec" | "dietpi" | "ubuntu" | "debian" | "other";

/** Raspberry Pi OS (64-bit) and DietPi carry Debian's os-release: files of their own tell them apart. */
export const os: Fact<Os> = {
  name: "os",
  command: sh`for f in "$root"/etc/os-release "$root"/usr/lib/os-release; do
  if [ ! -r "$f" ]; then continue; fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in ID=* | VERSION_ID=* | NAME=* | PRETTY_NAME=*) printf '%s\n' "$line" ;; esac
  done <"$f"
  break
done
if [ -e "$root"/etc/rpi-issue ]; then echo @rpi; fi
if [ -e "$root"/boot/dietpi/.version ]; then echo @dietpi; fi
if [ -r "$root"/etc/debian_version ]; then
  IFS= read -r v <"$root"/etc/debian_version
  if [ -n "$v" ]; then printf '@debian %s\n' "$v"; fi
fi`,
  quick: "itself",
  parse: (stdout) => {
    const lines = stdout.split("\n");
    const value = (key: string): string | undefined => {
      const line = lines.find((each) => each.startsWith(`${key}=`));
      return line === undefined ? undefined : unquote(line.slice(key.length + 1).trim());
    };
    const debianVersion = lines
      .find((line) => line.startsWith("@debian "))
      ?.slice("@debian ".length)
      .trim();
    // Wheezy before its last point releases has no os-release
    const id = value("ID") ?? (debianVersion === undefined ? undefined : "debian");
    if (id === undefined) throw new UnexpectedAnswer("an os-release", stdout);
    const version = value("VERSION_ID") ?? (value("ID") === undefined ? (debianVersion ?? "") : "");
    const marks = { rpi: lines.includes("@rpi"), dietpi: lines.includes("@dietpi") };
    return {
      id,
      version,
      name: value("PRETTY_NAME") ?? `${value("NAME") ?? "Debian GNU/Linux"} ${version}`.trim(),
      flavour: flavourOf(id, marks),
    };
  },
};

function flavourOf(id: string, marks: { readonly rpi: boolean; readonly dietpi: boolean }): OsFlavour {
  if (id === "libreelec" || id === "osmc" || id === "ubuntu") return id;
  if (marks.dietpi) return "dietpi";
  if (id === "raspbian" || (id === "debian" && marks.rpi)) return "raspberry-pi-os";
  return id === "debian" ? "debian" : "other";
}

/** os-release(5): shell-compatible quoting, within which `\`, `"`, `$` and back-tick are escaped. */
function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return (quoted ? (quoted[2] as string) : text).replaceAll(/\\(["'\\$`])/g, "$1");
}
