import { sh } from "../core/shell.ts";
import type { Fact } from "./fact.ts";
import { wholeNumber } from "./number.ts";
import { UnexpectedAnswer } from "./unexpected-answer.ts";

/** What provision left on the node. */
export interface Provisioned {
  readonly version: number;
  readonly node: string;
  /** UUID of the file system that the node is pinned to. */
  readonly uuid: string;
  readonly mount: string;
  /** PARTUUID of its partition, as it was pinned. */
  readonly partUuid?: string;
  /** Bytes of the swap file that provision has made. */
  readonly swapBytes?: number;
  /** It keeps an index of its tree. */
  readonly index?: true;
  /** Of everything that provision installs. */
  readonly revision?: string;
}

/** A damaged file is a failure: taken for absent it would unpin the disk. */
export const provisioned: Fact<Provisioned> = {
  name: "provisioned",
  command: sh`for f in "$root"/etc/pimesh/node.conf "$root"/storage/.config/pimesh/node.conf; do
  if e=$(cat "$f" 2>&1 >/dev/null); then cat "$f"; echo .; return; fi
  case $e in *'o such file'*) ;; *) printf '%s\n' "$e" >&2; return 1 ;; esac
done
return 127`,
  quick: sh`for d in "$root"/etc/pimesh "$root"/storage/.config/pimesh; do
  if [ -e "$d" ]; then cat "$d"/node.conf && echo .; return; fi
done
return 1`,
  parse: (stdout) => {
    // The dot comes after the file: one that does not end in a newline was cut short
    if (!stdout.endsWith("\n.\n")) throw new UnexpectedAnswer("a whole node.conf", stdout);
    const value = (key: string): string | undefined => {
      const text = new RegExp(`^PIMESH_${key}=(.*)$`, "m").exec(stdout)?.[1];
      return text === undefined ? undefined : unquote(text);
    };
    const required = (key: string): string => {
      const text = value(key);
      if (text === undefined || text === "") {
        throw new UnexpectedAnswer(`a node.conf with PIMESH_${key}`, stdout);
      }
      return text;
    };
    const revision = value("REVISION");
    const indexWay = value("INDEX_WAY");
    const partUuid = value("PARTUUID");
    const swapBytes = value("SWAP_BYTES");
    return {
      version: wholeNumber("a version in node.conf", required("VERSION")),
      node: required("NODE"),
      uuid: required("UUID"),
      mount: required("MOUNT"),
      ...(partUuid === undefined || partUuid === "" ? {} : { partUuid }),
      ...(swapBytes === undefined || swapBytes === "0"
        ? {}
        : { swapBytes: wholeNumber("a size in node.conf", swapBytes) }),
      ...(indexWay === undefined || indexWay === "" ? {} : { index: true }),
      ...(revision === undefined || revision === "" ? {} : { revision }),
    };
  },
};

/** The inverse of `quote` in core/shell.ts. */
function unquote(word: string): string {
  if (!/^(?:'[^']*'|\\'|[A-Za-z0-9_/.:=@%+,-]+)*$/.test(word))
    throw new UnexpectedAnswer("a quoted value", word);
  return word.replaceAll(
    /'([^']*)'|\\(')/g,
    (_, inside: string | undefined, quote: string | undefined) => inside ?? quote ?? "",
  );
}
