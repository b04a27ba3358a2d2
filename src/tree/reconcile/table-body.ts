import { AnswerError } from "./answer-error.ts";
import { emptyTable, lists, type Table } from "./table.ts";

/** Of a cell: 8 bytes XOR of ids, 2 bytes XOR of checks, 1 byte count. */
export const cellBytes = 11;

export function encodeTable(table: Table): Buffer {
  const bytes = Buffer.allocUnsafe(table.high.length * cellBytes);
  for (let cell = 0, at = 0; cell < table.high.length; cell += 1) {
    at = bytes.writeUInt32BE(table.high[cell] as number, at);
    at = bytes.writeUInt32BE(table.low[cell] as number, at);
    at = bytes.writeUInt16BE(table.check[cell] as number, at);
    at = bytes.writeUInt8(table.count[cell] as number, at);
  }
  return bytes;
}

/** Throws AnswerError for bytes that are no whole table. */
export function decodeTable(bytes: Buffer): Table {
  const size = bytes.length / cellBytes / lists;
  if (!Number.isInteger(size)) throw new AnswerError("a sketch was cut off");
  const table = emptyTable(size);
  for (let cell = 0, at = 0; at < bytes.length; cell += 1, at += cellBytes) {
    table.high[cell] = bytes.readUInt32BE(at);
    table.low[cell] = bytes.readUInt32BE(at + 4);
    table.check[cell] = bytes.readUInt16BE(at + 8);
    table.count[cell] = bytes.readUInt8(at + 10);
  }
  return table;
}
