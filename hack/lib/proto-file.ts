/**
 * Reads .proto files: the part of proto3 that our files use, one statement a line. Anything else is refused, so that
 * nothing is generated from what was misread.
 */

export interface ProtoField {
  /** Lines of comment above it. */
  readonly comment: readonly string[];
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  /** As written: "string", "map<string, bytes>", "containerd.types.Mount". */
  readonly type: string;
}

export interface ProtoMessage {
  readonly comment: readonly string[];
  /** With the message that it is in: "Container.Runtime". */
  readonly name: string;
  readonly fields: ProtoField[];
}

export interface ProtoEnum {
  readonly comment: readonly string[];
  /** As of a message. */
  readonly name: string;
  readonly values: [string, number][];
}

export interface ProtoMethod {
  readonly name: string;
  readonly request: string;
  readonly requestStream: boolean;
  readonly response: string;
  readonly responseStream: boolean;
}

export interface ProtoService {
  readonly comment: readonly string[];
  readonly name: string;
  readonly methods: ProtoMethod[];
}

export interface Proto {
  /** Below the folder of the sources. */
  readonly path: string;
  readonly package: string;
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly services: readonly ProtoService[];
}

const IGNORED = /^(syntax = "proto3";|import "[^"]+";|)$/;

/** The declarations of one file. Throws on a line that is none of those known. */
export function readProto(path: string, text: string): Proto {
  const reader = new Reader(path);
  for (const [at, line] of text.split("\n").entries())
    if (!reader.read(line.trim())) throw new Error(`${path}:${at + 1}: not understood: ${line}`);
  return reader;
}

class Reader implements Proto {
  readonly path: string;
  package = "";
  readonly messages: ProtoMessage[] = [];
  readonly enums: ProtoEnum[] = [];
  readonly services: ProtoService[] = [];
  /** What is open, the innermost last. */
  readonly #open: (ProtoMessage | ProtoEnum | ProtoService)[] = [];
  #comment: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** Takes the next line; false for one that is not understood. */
  read(line: string): boolean {
    if (line.startsWith("//")) return this.#comment.push(line.slice(2).trim()) > 0;
    const understood = IGNORED.test(line) || this.#declaration(line) || this.#member(line);
    this.#comment = [];
    return understood;
  }

  #declaration(line: string): boolean {
    const found = /^(?:package ([\w.]+);|(message|enum|service) (\w+) \{(\})?)$/.exec(line);
    if (!found) return false;
    const [, scope, kind, name, closed] = found;
    if (scope !== undefined) this.package = scope;
    else this.#begin(kind!, [...this.#open.map((one) => one.name.split(".").at(-1)), name].join("."));
    if (closed) this.#open.pop();
    return true;
  }

  #begin(kind: string, name: string): void {
    const head = { comment: this.#comment, name };
    const into = <T extends ProtoMessage | ProtoEnum | ProtoService>(list: T[], one: T) => {
      list.push(one);
      this.#open.push(one);
    };
    if (kind === "message") into(this.messages, { ...head, fields: [] });
    else if (kind === "enum") into(this.enums, { ...head, values: [] });
    else into(this.services, { ...head, methods: [] });
  }

  #member(line: string): boolean {
    const inner = this.#open.at(-1);
    if (inner === undefined) return false;
    if (line === "}") return this.#open.pop() !== undefined;
    if ("fields" in inner) return add(inner.fields, fieldOf(line, this.#comment));
    if ("values" in inner) return add(inner.values, enumValueOf(line));
    return add(inner.methods, methodOf(line));
  }
}

const add = <T>(list: T[], one: T | undefined): boolean => one !== undefined && list.push(one) > 0;

function fieldOf(line: string, comment: readonly string[]): ProtoField | undefined {
  const found = /^(repeated )?(map<string, [\w.]+>|[\w.]+) (\w+) = (\d+);$/.exec(line);
  if (!found) return undefined;
  const [, repeated, type, name, number] = found;
  return { comment, name: name!, number: Number(number), repeated: repeated !== undefined, type: type! };
}

function enumValueOf(line: string): [string, number] | undefined {
  const found = /^(\w+) = (\d+);$/.exec(line);
  return found ? [found[1]!, Number(found[2])] : undefined;
}

function methodOf(line: string): ProtoMethod | undefined {
  const found = /^rpc (\w+)\((stream )?([\w.]+)\) returns \((stream )?([\w.]+)\);$/.exec(line);
  if (!found) return undefined;
  const [, name, requestStream, request, responseStream, response] = found;
  return {
    name: name!,
    request: request!,
    requestStream: requestStream !== undefined,
    response: response!,
    responseStream: responseStream !== undefined,
  };
}
