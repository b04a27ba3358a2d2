export interface ElfOptions {
  readonly bits?: 32 | 64;
  /** e_machine: 40 is 32-bit ARM, 183 64-bit ARM, 62 64-bit Intel. */
  readonly machine: number;
  readonly interpreter?: string;
  /** Bytes of the whole file. */
  readonly size?: number;
}

/** A file with the header of a program and nothing that runs. */
export function elfFile({ bits = 32, machine, interpreter, size = 4096 }: ElfOptions): Buffer {
  const file = Buffer.alloc(size);
  file.write("\x7fELF", "latin1");
  file[4] = bits === 32 ? 1 : 2;
  file[5] = 1;
  file[6] = 1;
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  const header = bits === 32 ? 52 : 64;
  const entry = bits === 32 ? 32 : 56;
  const write = (value: number, at: number): void => {
    if (bits === 32) file.writeUInt32LE(value, at);
    else file.writeBigUInt64LE(BigInt(value), at);
  };
  write(header, bits === 32 ? 28 : 32);
  file.writeUInt16LE(entry, bits === 32 ? 42 : 54);
  file.writeUInt16LE(interpreter === undefined ? 0 : 2, bits === 32 ? 44 : 56);
  if (interpreter === undefined) return file;
  file.writeUInt32LE(6, header); // PT_PHDR stands before it, as in real ones
  file.writeUInt32LE(3, header + entry);
  const place = header + 2 * entry;
  write(place, header + entry + (bits === 32 ? 4 : 8));
  write(interpreter.length + 1, header + entry + (bits === 32 ? 16 : 32));
  file.write(`${interpreter}\0`, place, "latin1");
  return file;
}
