/** Two's complement, big endian, of a number that may be beyond 32 bits; gives the end. A BigInt would cost more than a hash. */
export function writeInt64(into: Buffer, at: number, value: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  into.writeUInt32BE(high >>> 0, at);
  return into.writeUInt32BE((value - high * 0x1_0000_0000) >>> 0, at + 4);
}
