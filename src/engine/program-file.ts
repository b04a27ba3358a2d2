/** What a file that is to run on a node is, by its first bytes. */
export type ProgramFile =
  /** `machine`: e_machine of the ELF header; `interpreter`: the loader that it asks for, undefined for a static program. */
  | {
      readonly kind: "elf";
      readonly bits: 32 | 64;
      readonly machine: number;
      readonly interpreter: string | undefined;
    }
  /** `#!`: whatever it starts is there or not; the file itself runs on any machine. */
  | { readonly kind: "script" };

/** Reads the header of a whole program; elf(5). The problem completes a sentence that begins with the file. */
export function readProgramFile(bytes: Uint8Array): ProgramFile | { readonly problem: string } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString("latin1", 0, 2) === "#!") return { kind: "script" };
  if (file.toString("latin1", 0, 4) !== "\x7fELF") {
    return { problem: `is no program for Linux${whatElse(file)}` };
  }
  const bits = file[4] === 1 ? 32 : file[4] === 2 ? 64 : undefined;
  if (bits === undefined || file[5] !== 1 || file.length < (bits === 32 ? 52 : 64)) {
    return {
      problem: "is no program for a Raspberry Pi: its ELF header is cut off, or of another byte order",
    };
  }
  return {
    kind: "elf",
    bits,
    machine: file.readUInt16LE(18),
    interpreter: interpreterOf(file, bits),
  };
}

/**
 * Why a machine cannot run it, as far as header and kernel tell; undefined where nothing speaks against it. A 64-bit kernel
 * runs 32-bit programs too where their loader is there, which only the node can say.
 */
export function misfit(program: ProgramFile, architecture: string): string | undefined {
  if (program.kind === "script") return undefined;
  const machine = machines[program.machine];
  const known = Object.values(machines).some(({ runsOn }) => runsOn.test(architecture));
  if (machine?.runsOn.test(architecture) === true || !known) return undefined;
  return `is for ${machine?.name ?? `a machine of the number ${program.machine}`}, and the node's kernel is ${architecture}`;
}

/** By e_machine (elf.h); `runsOn` is of `uname -m`. */
const machines: Readonly<Record<number, { readonly name: string; readonly runsOn: RegExp }>> = {
  3: { name: "32-bit Intel", runsOn: /^(i[3-6]86|x86_64)$/ },
  40: { name: "32-bit ARM", runsOn: /^(armv[4-8].*|aarch64)$/ },
  62: { name: "64-bit Intel", runsOn: /^x86_64$/ },
  183: { name: "64-bit ARM", runsOn: /^aarch64$/ },
};

/** The text of the segment PT_INTERP, 3. */
function interpreterOf(file: Buffer, bits: 32 | 64): string | undefined {
  const word = (at: number): number => {
    if (at + bits / 8 > file.length) return 0;
    return bits === 32 ? file.readUInt32LE(at) : Number(file.readBigUInt64LE(at));
  };
  const [table, size, count] =
    bits === 32
      ? [word(28), file.readUInt16LE(42), file.readUInt16LE(44)]
      : [word(32), file.readUInt16LE(54), file.readUInt16LE(56)];
  for (let index = 0; index < count; index += 1) {
    const entry = table + index * size;
    if (entry + size > file.length || size < (bits === 32 ? 32 : 56)) return undefined;
    if (file.readUInt32LE(entry) !== 3) continue;
    const [start, length] =
      bits === 32 ? [word(entry + 4), word(entry + 16)] : [word(entry + 8), word(entry + 32)];
    const text = file.toString("latin1", start, start + length).replace(/\0.*$/s, "");
    return /^\/[\x21-\x7e]+$/.test(text) ? text : undefined;
  }
  return undefined;
}

/** What people download by mistake. */
function whatElse(file: Buffer): string {
  if (file.length === 0) return ": it is empty";
  if (file[0] === 0x1f && file[1] === 0x8b) return ", but a packed archive: unpack it first (tar xzf)";
  const start = file.toString("latin1", 0, 8);
  if (start.startsWith("PK")) return ", but a zip archive: unpack it first";
  if (start.startsWith("!<arch>")) return ", but a package: the program lies in it (dpkg-deb -x)";
  if (start.trimStart().startsWith("<")) return ", but a web page";
  return "";
}
