/**
 * What a generated service definition looks like, and the types that follow from it. Both sides of a
 * gRPC connection are typed by the definition alone, so no stub code is generated.
 */

/** Encodes and decodes one message type. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  fromPartial(partial: DeepPartial<T>): T;
}

export interface MethodDefinition {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: message types vary by method; the helpers below recover them.
  readonly requestType: Codec<any>;
  readonly requestStream: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly responseType: Codec<any>;
  readonly responseStream: boolean;
}

export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

type Builtin = Uint8Array | string | number | boolean | bigint | undefined;

/** A message with any of its fields left out; they take their defaults. */
export type DeepPartial<T> = T extends Builtin
  ? T
  : T extends readonly (infer U)[]
    ? readonly DeepPartial<U>[]
    : { [K in keyof T]?: DeepPartial<T[K]> };

export type RequestOf<M extends MethodDefinition> = ReturnType<M["requestType"]["decode"]>;
export type ResponseOf<M extends MethodDefinition> = ReturnType<M["responseType"]["decode"]>;
