/**
 * Protobuf messages as tables of fields: a message is one object literal, its TypeScript type follows from it, and
 * unknown fields are skipped.
 *
 *   export const KillRequest = message({ id: text(1), execId: text(2), signal: uint(3), all: flag(4) });
 *   KillRequest.decode(bytes).signal
 *
 * proto3 rules: zero values are not written; absent fields read as zero values (messages as undefined).
 */
import type { Field, Kind } from "./kinds.ts";
import { WireReader, WireWriter } from "./wire.ts";

type ValueOf<F> = F extends Field<infer T> ? T : never;
type MayBeAbsent<F> = { [K in keyof F]: undefined extends ValueOf<F[K]> ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };
type Decoded<F> = Flat<
  { -readonly [K in Exclude<keyof F, MayBeAbsent<F>>]: ValueOf<F[K]> } & {
    -readonly [K in MayBeAbsent<F>]?: ValueOf<F[K]>;
  }
>;

type Whole = Uint8Array | string | number | boolean | bigint | undefined;

/** A message with any of its fields left out, at any depth; they take their zero values. */
export type DeepPartial<T> = T extends Whole
  ? T
  : T extends readonly (infer U)[]
    ? readonly DeepPartial<U>[]
    : { [K in keyof T]?: DeepPartial<T[K]> | undefined };

/** Encoder and decoder of one message type. */
export interface Codec<T> {
  encode(value: DeepPartial<T>): Uint8Array;
  /** Fields of type bytes are views of what is decoded. Throws invalidArgument for what is malformed. */
  decode(bytes: Uint8Array): T;
}

/** The type of a codec's messages. */
export type MessageOf<C> = C extends { decode(bytes: Uint8Array): infer T } ? T : never;

/** Defines a message by its fields, in the order in which they are written. */
export function message<const F extends Record<string, unknown>>(fields: F): Codec<Decoded<F>> {
  return new MessageCodec(fields as unknown as Fields) as unknown as Codec<Decoded<F>>;
}

interface AnyField extends Omit<Field<unknown>, "kind"> {
  readonly kind: Kind<unknown>;
}
type Fields = Readonly<Record<string, AnyField>>;
type Values = Record<string, unknown>;

class MessageCodec implements Codec<Values> {
  readonly #fields: Fields;
  /** Names by field number; made when the first message is decoded. */
  #names: string[] | undefined;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  encode(value: Values): Uint8Array {
    const writer = new WireWriter();
    for (const name in this.#fields) {
      const { kind, number, inner } = this.#fields[name]!;
      const given = value[name];
      if (given !== undefined && given !== null) kind.write(writer, number, given, inner);
    }
    return writer.finish();
  }

  decode(bytes: Uint8Array): Values {
    this.#names ??= this.#namesByNumber();
    const result: Values = {};
    for (const name in this.#fields) result[name] = this.#fields[name]!.kind.zero();
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const key = reader.varint();
      const name = this.#names[Math.floor(key / 8)];
      const field = name === undefined ? undefined : this.#fields[name]!;
      if (name === undefined || !field?.kind.wireTypes.includes(key % 8)) reader.skip(key % 8);
      else result[name] = field.kind.read(reader, key % 8, result[name], field.inner);
    }
    return result;
  }

  #namesByNumber(): string[] {
    const names: string[] = [];
    for (const name in this.#fields) names[this.#fields[name]!.number] = name;
    return names;
  }
}
