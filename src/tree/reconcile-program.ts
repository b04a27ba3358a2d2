import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { farEnd } from "./far-end.ts";

/** The far end of a reconciliation, ready to be sent. */
export interface ReconcileProgram {
  /**
   * For `python3 -IS -c`: isolated, or it would import a `zlib.py` out of the tree, which any peer can put there. Behind it may
   * stand paths where the node may keep the program: then it says at first, ended by a NUL, whether it is `kept` or has to be sent,
   * `send`; a Python before 3.5 says `old` and ends.
   */
  readonly bootstrap: string;
  /** What stdin has to begin with where the program is sent; what comes behind it is the program's own. */
  readonly packed: Buffer;
}

/**
 * The Python program that answers questions about a tree, which it walks or whose index it reads, and about the contents
 * of its files where those are asked for. The bootstrap runs nothing but the program, by its hash: the text that the node keeps, or
 * exactly the packed bytes off its stdin; it exits with 1 where these are cut off or damaged.
 */
export function reconcileProgram(from: keyof typeof more = "tree"): ReconcileProgram {
  const text = withoutWords(farEnd("walk.py", "pack.py", "fingerprints.py", ...more[from], "serve.py"));
  const packed = deflateSync(text, { level: 9, memLevel: 9 });
  return { bootstrap: bootstrap(packed.length, hashOf(packed), hashOf(keptProgram.text)), packed };
}

/** All that a far end may be asked for, as provision leaves it on a node. */
export const keptProgram = {
  name: "far-end.py",
  get text(): string {
    return farEnd("walk.py", "pack.py", "fingerprints.py", "unpack.py", "content.py", "serve.py");
  },
} as const;

function hashOf(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

const more = { tree: [], index: ["unpack.py"], contents: ["content.py"] } as const;

/**
 * Without docstrings, comments and blank lines, which are a quarter of what is sent, with one blank an indent and none beside
 * signs. Our parts keep to what makes that safe: a `"""` or `#` that begins a line begins words for the reader, and no line
 * goes on within a string. A test compares the syntax trees.
 */
function withoutWords(python: string): string {
  return python
    .replaceAll(/^ *"""[^]*?"""\n/gm, "")
    .replaceAll(/^ *(?:#.*)?\n/gm, "")
    .replaceAll(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 4))
    .replaceAll(stringOrSign, (found, sign?: string) => sign ?? found);
}

/** The sign alone, where it is none in a string. */
const stringOrSign =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=\S) ?((?:[=!<>+*/|^&%-]|\/\/|<<|>>)?=|<<|>>|\/\/|[,:<>+*/%|&^-]) ?/g;

// os.read takes from the pipe what is asked for and not a byte more. Python 3.12 renamed _sha256; hashlib itself would
// load all of OpenSSL, 4 MB on a machine that may have 400.
function bootstrap(length: number, mark: string, keptMark: string): string {
  return `import os,sys,zlib
if sys.version_info<(3,5):os.write(1,b"old\\0");sys.exit()
for m in"_sha256","_sha2","hashlib":
 try:h=__import__(m).sha256;break
 except ImportError:0
for p in sys.argv[1:]:
 try:
  b=open(p,"rb").read()
  if h(b).hexdigest()=="${keptMark}":break
 except OSError:0
else:p=b=b""
if sys.argv[1:]:os.write(1,p and b"kept\\0"or b"send\\0")
if not p:
 while len(b)<${length}:
  c=os.read(0,${length}-len(b))
  if not c:break
  b+=c
 if h(b).hexdigest()!="${mark}":raise SystemExit("the program did not arrive whole")
 b=zlib.decompress(b)
exec(b)`;
}
