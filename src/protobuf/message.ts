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

/** A kind of field: what it is when absent, how to write a value and how to merge one occurrence of it. */
interface Kind<T> {
  zero(inner: unknown): T;
  write(writer: WireWriter, number: number, value: T, inner: unknown): void;
  read(reader: WireReader, wireType: number, before: T, inner: unknown): T;
}

/** One field. Kinds are shared and fields carry no functions: a process has hundreds of fields. */
interface Field<T> {
  readonly number: number;
  readonly kind: Kind<T>;
  /** The codec, for fields that hold messages. */
  readonly inner: unknown;
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
  return new MessageCodec(fields as unknown as Fields) as Codec<Decoded<F>>;
}

class MessageCodec implements Codec<Record<string, unknown>> {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  encode(value: Record<string, unknown>): Uint8Array {
    const writer = new WireWriter();
    for (const name in this.#fields) {
      const { kind, number, inner } = this.#fields[name]!;
      if (value[name] !== undefined) kind.write(writer, number, value[name] as never, inner);
    }
    return writer.finish();
  }

  decode(bytes: Uint8Array): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const name in this.#fields) {
      const { kind, inner } = this.#fields[name]!;
      result[name] = kind.zero(inner);
    }
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const key = reader.varint();
      const name = this.#nameOf(key >>> 3);
      if (name === undefined) reader.skip(key & 7);
      else {
        const { kind, inner } = this.#fields[name]!;
        result[name] = kind.read(reader, key & 7, result[name] as never, inner);
      }
    }
    return result;
  }

  #nameOf(number: number): string | undefined {
    for (const name in this.#fields) if (this.#fields[name]!.number === number) return name;
    return undefined;
  }
}

const VARINT = 0;
const BYTES = 2;

function scalar<T>(
  zero: T,
  put: (writer: WireWriter, value: T) => void,
  get: (reader: WireReader) => T,
): Kind<T> {
  return {
    zero: () => zero,
    write(writer, number, value) {
      if (value === zero) return;
      writer.key(number, VARINT);
      put(writer, value);
    },
    read: (reader) => get(reader),
  };
}

const UINT = scalar<number>(
  0,
  (writer, value) => writer.varint(value),
  (reader) => reader.varint(),
);
/** proto2: zero is a value, and absence another. */
const GIVEN: Kind<number | undefined> = {
  zero: () => undefined,
  write(writer, number, value) {
    writer.key(number, VARINT);
    writer.varint(value!);
  },
  read: (reader) => reader.varint(),
};
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

const TEXT: Kind<string> = {
  zero: () => "",
  write(writer, number, value) {
    if (value !== "") writer.bytes(number, new TextEncoder().encode(value));
  },
  read: (reader) => new TextDecoder().decode(reader.bytes()),
};

const CONTENT: Kind<Uint8Array> = {
  zero: () => new Uint8Array(0),
  write(writer, number, value) {
    if (value.length > 0) writer.bytes(number, value);
  },
  read: (reader) => reader.bytes().slice(),
};

const ONE: Kind<unknown> = {
  zero: () => undefined,
  write(writer, number, value, inner) {
    writer.bytes(number, (inner as Codec<unknown>).encode(value as object));
  },
  read: (reader, _wireType, _before, inner) => (inner as Codec<unknown>).decode(reader.bytes()),
};

const MANY: Kind<unknown[]> = {
  zero: () => [],
  write(writer, number, values, inner) {
    for (const value of values) writer.bytes(number, (inner as Codec<unknown>).encode(value as object));
  },
  read(reader, _wireType, before, inner) {
    before.push((inner as Codec<unknown>).decode(reader.bytes()));
    return before;
  },
};

const TEXTS: Kind<string[]> = {
  zero: () => [],
  write(writer, number, values) {
    for (const value of values) writer.bytes(number, new TextEncoder().encode(value));
  },
  read(reader, _wireType, before) {
    before.push(new TextDecoder().decode(reader.bytes()));
    return before;
  },
};

const UINT64S: Kind<bigint[]> = {
  zero: () => [],
  write(writer, number, values) {
    if (values.length === 0) return;
    const packed = new WireWriter();
    for (const value of values) packed.varint64(value);
    writer.bytes(number, packed.finish());
  },
  read(reader, wireType, before) {
    if (wireType !== BYTES) before.push(reader.varint64());
    else for (const packed = new WireReader(reader.bytes()); !packed.done; ) before.push(packed.varint64());
    return before;
  },
};

const TEXT_MAP: Kind<Record<string, string>> = {
  zero: () => ({}),
  write(writer, number, value) {
    for (const key in value) writer.bytes(number, Entry.encode({ key, value: value[key]! }));
  },
  read(reader, _wireType, before) {
    const { key, value } = Entry.decode(reader.bytes());
    return { ...before, [key]: value };
  },
};

function field<T>(number: number, kind: Kind<T>, inner?: unknown): Field<T> {
  return { number, kind, inner };
}

/** uint32, int32 (not negative), uint64 and int64 where values stay below 2^53, enum. */
export const uint = (number: number): Field<number> => field(number, UINT);
/** As uint, of proto2: written also when it is zero; undefined when absent. */
export const given = (number: number): Field<number | undefined> => field(number, GIVEN);
/** uint64 over its whole range. */
export const uint64 = (number: number): Field<bigint> => field(number, UINT64);
/** int64 and int32, negative values included. */
export const int64 = (number: number): Field<bigint> => field(number, INT64);
export const flag = (number: number): Field<boolean> => field(number, FLAG);
export const text = (number: number): Field<string> => field(number, TEXT);
/** The decoded value is a copy: it does not keep the whole frame in memory. */
export const bytes = (number: number): Field<Uint8Array> => field(number, CONTENT);
/** A message field; undefined when absent. */
export const one = <T>(number: number, codec: Codec<T>) =>
  field(number, ONE, codec) as Field<unknown> as Field<Partial<T> | undefined>;
/** A repeated message field. */
export const many = <T>(number: number, codec: Codec<T>) =>
  field(number, MANY, codec) as Field<unknown> as Field<Partial<T>[]>;
/** A repeated string field. */
export const texts = (number: number): Field<string[]> => field(number, TEXTS);
/** A repeated uint64 field, written packed and read in both forms. */
export const uint64s = (number: number): Field<bigint[]> => field(number, UINT64S);
/** map<string, string>. */
export const textMap = (number: number): Field<Record<string, string>> => field(number, TEXT_MAP);

const Entry = message({ key: text(1), value: text(2) });
