/** What fields of a message can be: how each kind of value is written and read. */
import type { Codec } from "./message.ts";
import { BYTES, FIXED64, VARINT, WireReader, WireWriter } from "./wire.ts";

/** A kind of field. Kinds are shared and fields carry no functions: a process has hundreds of fields. */
export interface Kind<T> {
  /** The wire types in which it is read; a field in another is skipped as an unknown one. */
  readonly wireTypes: readonly number[];
  /** The value of an absent field. */
  zero(): T;
  write(writer: WireWriter, number: number, value: T, inner: unknown): void;
  /** The value after one more occurrence of the field. */
  read(reader: WireReader, wireType: number, before: T, inner: unknown): T;
}

/** One field. */
export interface Field<T> {
  readonly number: number;
  readonly kind: Kind<T>;
  /** The codec of a field that holds messages; the field of the values of a map. */
  readonly inner: unknown;
}

function field<T>(number: number, kind: Kind<T>, inner?: unknown): Field<T> {
  return { number, kind, inner };
}

function scalar<T>(
  zero: T,
  put: (writer: WireWriter, value: T) => void,
  get: (reader: WireReader) => T,
  wireType: number = VARINT,
): Kind<T> {
  return {
    wireTypes: [wireType],
    zero: () => zero,
    write(writer, number, value) {
      if (value === zero) return;
      writer.key(number, wireType);
      put(writer, value);
    },
    read: get,
  };
}

const UINT = scalar<number>(
  0,
  (writer, value) => writer.varint(value),
  (reader) => reader.varint(),
);
const INT32 = scalar<number>(
  0,
  (writer, value) => writer.varint64(BigInt.asUintN(64, BigInt(value))),
  (reader) => Number(BigInt.asIntN(32, reader.varint64())),
);
const UINT64 = scalar<bigint>(
  0n,
  (writer, value) => writer.varint64(value),
  (reader) => reader.varint64(),
);
const INT64 = scalar<bigint>(
  0n,
  (writer, value) => writer.varint64(BigInt.asUintN(64, value)),
  (reader) => BigInt.asIntN(64, reader.varint64()),
);
const FLAG = scalar<boolean>(
  false,
  (writer) => writer.varint(1),
  (reader) => reader.varint() !== 0,
);
const DOUBLE = scalar<number>(
  0,
  (writer, value) => writer.double(value),
  (reader) => reader.double(),
  FIXED64,
);

/** proto2: zero is a value, and absence another. */
const GIVEN: Kind<number | undefined> = {
  wireTypes: [VARINT],
  zero: () => undefined,
  write(writer, number, value) {
    writer.key(number, VARINT);
    writer.varint(value!);
  },
  read: (reader) => reader.varint(),
};

const TEXT: Kind<string> = {
  wireTypes: [BYTES],
  zero: () => "",
  write(writer, number, value) {
    if (value !== "") writer.text(number, value);
  },
  read: (reader) => reader.text(),
};

const CONTENT: Kind<Uint8Array> = {
  wireTypes: [BYTES],
  zero: () => new Uint8Array(0),
  write(writer, number, value) {
    if (value.length > 0) writer.bytes(number, value);
  },
  read: (reader) => reader.bytes(),
};

const ONE: Kind<unknown> = {
  wireTypes: [BYTES],
  zero: () => undefined,
  write(writer, number, value, inner) {
    writer.bytes(number, (inner as Codec<unknown>).encode(value as object));
  },
  read: (reader, _wireType, _before, inner) => (inner as Codec<unknown>).decode(reader.bytes()),
};

/** Repeated values that are written one by one. */
function repeated<T>(
  put: (writer: WireWriter, number: number, value: T, inner: unknown) => void,
  get: (reader: WireReader, inner: unknown) => T,
): Kind<T[]> {
  return {
    wireTypes: [BYTES],
    zero: () => [],
    write(writer, number, values, inner) {
      for (const value of values) put(writer, number, value, inner);
    },
    read(reader, _wireType, before, inner) {
      before.push(get(reader, inner));
      return before;
    },
  };
}

const MANY = repeated<unknown>(ONE.write, (reader, inner) =>
  (inner as Codec<unknown>).decode(reader.bytes()),
);
const TEXTS = repeated<string>(
  (writer, number, value) => writer.text(number, value),
  (reader) => reader.text(),
);
const CONTENTS = repeated<Uint8Array>(
  (writer, number, value) => writer.bytes(number, value),
  (reader) => reader.bytes(),
);

const UINT64S: Kind<bigint[]> = {
  wireTypes: [BYTES, VARINT],
  zero: () => [],
  write(writer, number, values) {
    if (values.length === 0) return;
    const packed = new WireWriter();
    for (const value of values) packed.varint64(value);
    writer.bytes(number, packed.finish());
  },
  read(reader, wireType, before) {
    if (wireType === VARINT) before.push(reader.varint64());
    else for (const packed = new WireReader(reader.bytes()); !packed.done; ) before.push(packed.varint64());
    return before;
  },
};

const MAP: Kind<Record<string, unknown>> = {
  wireTypes: [BYTES],
  zero: () => ({}),
  write(writer, number, value, inner) {
    for (const key in value) {
      if (value[key] === undefined) continue;
      const entry = new WireWriter();
      TEXT.write(entry, 1, key, undefined);
      const of = inner as Field<unknown>;
      of.kind.write(entry, of.number, value[key], of.inner);
      writer.bytes(number, entry.finish());
    }
  },
  read(reader, _wireType, before, inner) {
    const { key, value } = readEntry(new WireReader(reader.bytes()), inner as Field<unknown>);
    if (value !== undefined) setOwn(before, key, value);
    return before;
  },
};

function readEntry(
  reader: WireReader,
  { kind, number, inner }: Field<unknown>,
): { key: string; value: unknown } {
  const entry = { key: "", value: kind.zero() };
  while (!reader.done) {
    const key = reader.varint();
    const [at, wireType] = [Math.floor(key / 8), key % 8];
    if (at === 1 && wireType === BYTES) entry.key = reader.text();
    else if (at === number && kind.wireTypes.includes(wireType))
      entry.value = kind.read(reader, wireType, entry.value, inner);
    else reader.skip(wireType);
  }
  return entry;
}

/** Sets a key that a peer has chosen: "__proto__" is one as any other. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** uint32; also uint64 and int64 where values are never negative and stay below 2^53. */
export const uint = (number: number): Field<number> => field(number, UINT);
/** As uint, of proto2: written also when it is zero; undefined when absent. */
export const given = (number: number): Field<number | undefined> => field(number, GIVEN);
/** An enum, none of whose values is negative. */
export const choice = <E extends number>(number: number) => field(number, UINT) as Field<number> as Field<E>;
/** int32, negative values included. */
export const int32 = (number: number): Field<number> => field(number, INT32);
/** uint64 over its whole range. */
export const uint64 = (number: number): Field<bigint> => field(number, UINT64);
/** int64, negative values included. */
export const int64 = (number: number): Field<bigint> => field(number, INT64);
/** double. */
export const double = (number: number): Field<number> => field(number, DOUBLE);
/** bool. */
export const flag = (number: number): Field<boolean> => field(number, FLAG);
/** string. */
export const text = (number: number): Field<string> => field(number, TEXT);
/** bytes. */
export const bytes = (number: number): Field<Uint8Array> => field(number, CONTENT);
/** A message field; undefined when absent. */
export const one = <T>(number: number, codec: Codec<T>) =>
  field(number, ONE, codec) as Field<unknown> as Field<T | undefined>;
/** A repeated message field. */
export const many = <T>(number: number, codec: Codec<T>) =>
  field(number, MANY, codec) as Field<unknown> as Field<T[]>;
/** A repeated string field. */
export const texts = (number: number): Field<string[]> => field(number, TEXTS);
/** A repeated bytes field. */
export const contents = (number: number): Field<Uint8Array[]> => field(number, CONTENTS);
/** A repeated uint64 field, written packed and read in both forms. */
export const uint64s = (number: number): Field<bigint[]> => field(number, UINT64S);
/** A map from strings to values of a kind: `map(5, text)`, `map(7, (number) => one(number, Any))`. */
export const map = <T>(number: number, value: (number: number) => Field<T>) =>
  field(number, MAP, value(2)) as Field<unknown> as Field<Record<string, NonNullable<T>>>;
