/**
 * A small protobuf codec driven by field tables, for processes that must stay lean: a message is one
 * object literal, its TypeScript type follows from it, and unknown fields are skipped.
 *
 *   export const KillRequest = message({ id: text(1), execId: text(2), signal: uint(3), all: flag(4) });
 *   KillRequest.decode(bytes).signal
 *
 * proto3 rules: zero values are not written; absent fields read as zero values (messages as undefined).
 */
import { WireReader, WireWriter } from "./wire.ts";

/** One field: its number, what it is when absent, how to write it and how to merge one occurrence. */
interface Field<T> {
  readonly number: number;
  zero(): T;
  write(writer: WireWriter, number: number, value: T): void;
  read(reader: WireReader, wireType: number, before: T): T;
}

type Fields = Readonly<Record<string, Field<never>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;
type Decoded<F> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/** Encoder and decoder of one message type. */
export interface Codec<T> {
  encode(value: Partial<T>): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** The type of a codec's messages. */
export type MessageOf<C> = C extends Codec<infer T> ? T : never;

/** Defines a message by its fields. */
export function message<const F extends Record<string, unknown>>(fields: F): Codec<Decoded<F>> {
  const table = fields as unknown as Fields;
  const byNumber = new Map(
    Object.entries(table).map(([name, field]) => [field.number, [name, field] as const]),
  );
  return {
    encode(value) {
      const writer = new WireWriter();
      for (const name in table) {
        const given = (value as Record<string, unknown>)[name];
        if (given !== undefined) table[name]!.write(writer, table[name]!.number, given as never);
      }
      return writer.finish();
    },
    decode(bytes) {
      const result: Record<string, unknown> = {};
      for (const name in table) result[name] = table[name]!.zero();
      const reader = new WireReader(bytes);
      while (!reader.done) {
        const key = reader.varint();
        const known = byNumber.get(key >>> 3);
        if (known === undefined) reader.skip(key & 7);
        else result[known[0]] = known[1].read(reader, key & 7, result[known[0]] as never);
      }
      return result as Decoded<F>;
    },
  };
}

const VARINT = 0;
const BYTES = 2;

function scalar<T>(
  number: number,
  zero: T,
  put: (writer: WireWriter, value: T) => void,
  get: (reader: WireReader) => T,
): Field<T> {
  return {
    number,
    zero: () => zero,
    write(writer, no, value) {
      if (value === zero) return;
      writer.key(no, VARINT);
      put(writer, value);
    },
    read: (reader) => get(reader),
  };
}

/** uint32, int32 (not negative), uint64 and int64 where values stay below 2^53, enum. */
export const uint = (number: number): Field<number> =>
  scalar(
    number,
    0,
    (writer, value) => writer.varint(value),
    (reader) => reader.varint(),
  );

/** uint64 over its whole range. */
export const uint64 = (number: number): Field<bigint> =>
  scalar(
    number,
    0n,
    (writer, value) => writer.varint64(value),
    (reader) => reader.varint64(),
  );

/** int64 and int32, negative values included. */
export const int64 = (number: number): Field<bigint> =>
  scalar(
    number,
    0n,
    (writer, value) => writer.varint64(BigInt.asUintN(64, value)),
    (reader) => BigInt.asIntN(64, reader.varint64()),
  );

export const flag = (number: number): Field<boolean> =>
  scalar(
    number,
    false,
    (writer) => writer.varint(1),
    (reader) => reader.varint() !== 0,
  );

export const text = (number: number): Field<string> => ({
  number,
  zero: () => "",
  write(writer, no, value) {
    if (value !== "") writer.bytes(no, new TextEncoder().encode(value));
  },
  read: (reader) => new TextDecoder().decode(reader.bytes()),
});

/** The decoded value is a copy: it does not keep the whole frame in memory. */
export const bytes = (number: number): Field<Uint8Array> => ({
  number,
  zero: () => new Uint8Array(0),
  write(writer, no, value) {
    if (value.length > 0) writer.bytes(no, value);
  },
  read: (reader) => reader.bytes().slice(),
});

/** A message field; undefined when absent. */
export const one = <T>(number: number, codec: Codec<T>): Field<Partial<T> | undefined> => ({
  number,
  zero: () => undefined,
  write(writer, no, value) {
    if (value !== undefined) writer.bytes(no, codec.encode(value));
  },
  read: (reader) => codec.decode(reader.bytes()),
});

/** A repeated message field. */
export const many = <T>(number: number, codec: Codec<T>): Field<Partial<T>[]> => ({
  number,
  zero: () => [],
  write(writer, no, values) {
    for (const value of values) writer.bytes(no, codec.encode(value));
  },
  read(reader, _wireType, before) {
    before.push(codec.decode(reader.bytes()));
    return before;
  },
});

/** A repeated string field. */
export const texts = (number: number): Field<string[]> => ({
  number,
  zero: () => [],
  write(writer, no, values) {
    for (const value of values) writer.bytes(no, new TextEncoder().encode(value));
  },
  read(reader, _wireType, before) {
    before.push(new TextDecoder().decode(reader.bytes()));
    return before;
  },
});

/** A repeated uint64 field, written packed and read in both forms. */
export const uint64s = (number: number): Field<bigint[]> => ({
  number,
  zero: () => [],
  write(writer, no, values) {
    if (values.length === 0) return;
    const packed = new WireWriter();
    for (const value of values) packed.varint64(value);
    writer.bytes(no, packed.finish());
  },
  read(reader, wireType, before) {
    if (wireType !== BYTES) before.push(reader.varint64());
    else for (const packed = new WireReader(reader.bytes()); !packed.done; ) before.push(packed.varint64());
    return before;
  },
});

const Entry = message({ key: text(1), value: text(2) });

/** map<string, string>. */
export const textMap = (number: number): Field<Record<string, string>> => ({
  number,
  zero: () => ({}),
  write(writer, no, value) {
    for (const [key, item] of Object.entries(value)) writer.bytes(no, Entry.encode({ key, value: item }));
  },
  read(reader, _wireType, before) {
    const entry = Entry.decode(reader.bytes());
    return { ...before, [entry.key]: entry.value };
  },
});
