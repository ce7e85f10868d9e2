/** The binary form of a plan, as src/runtime/init/main.c reads it: all little endian, all aligned to 8 bytes. */
import { OPS, type Op, type Plan, type Text } from "./ops.ts";

const HEADER = 16;
const MAGIC = 0x31505150; // "PQP1"
const NEVER = 0xffffffff;

interface Fields {
  code: number;
  numbers: bigint[];
  texts: Uint8Array[];
  size: number;
}

const align = (n: number) => (n + 7) & ~7;
const bytesOf = (text: Text) => (typeof text === "string" ? Buffer.from(text) : text);

function fieldsOf(op: Op): Fields {
  const shape = OPS[op.op];
  const values = op as unknown as Record<string, number | bigint | Text>;
  const numbers = shape.numbers.map((name) => BigInt(values[name] as number | bigint));
  const texts = shape.texts.map((name) => bytesOf(values[name] as Text));
  const size = 8 + 8 * numbers.length + texts.reduce((sum, t) => sum + align(4 + t.length + 1), 0);
  return { code: shape.code, numbers, texts, size };
}

function put(view: DataView, bytes: Uint8Array, start: number, fields: Fields): void {
  view.setUint16(start, fields.code, true);
  view.setUint8(start + 2, fields.numbers.length);
  view.setUint8(start + 3, fields.texts.length);
  view.setUint32(start + 4, fields.size, true);
  let at = start + 8;
  for (const number of fields.numbers) {
    view.setBigInt64(at, BigInt.asIntN(64, number), true);
    at += 8;
  }
  for (const text of fields.texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += align(4 + text.length + 1);
  }
}

/** Encodes a plan. `failAt` makes init fail at that operation instead of executing it: for tests. */
export function encodePlan(plan: Plan, failAt = NEVER): Uint8Array {
  const all = plan.map(fieldsOf);
  const size = all.reduce((sum, fields) => sum + fields.size, HEADER);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, plan.length, true);
  view.setUint32(8, failAt, true);
  view.setUint32(12, size, true);
  let at = HEADER;
  for (const fields of all) {
    put(view, bytes, at, fields);
    at += fields.size;
  }
  return bytes;
}
