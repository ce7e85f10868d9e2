/**
 * Generates src/proto from proto: `bun hack/gen-proto.ts`. Each .proto file becomes one TypeScript file, with a table
 * (src/protobuf) for each message and each service.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import {
  type Proto,
  type ProtoEnum,
  type ProtoMessage,
  type ProtoService,
  readProto,
} from "./lib/proto-file.ts";

const ROOT = resolve(import.meta.dir, "..");
const SOURCE = join(ROOT, "proto");
const OUTPUT = join(ROOT, "src", "proto");

/** Functions of src/protobuf/kinds.ts by the type of a field; others hold messages and enums. */
const SCALARS: Record<string, string> = {
  bool: "flag",
  bytes: "bytes",
  double: "double",
  int32: "int32",
  int64: "int64",
  string: "text",
  uint32: "uint",
  uint64: "uint64",
};
const REPEATED: Record<string, string> = { bytes: "contents", string: "texts", uint64: "uint64s" };

/** A message or an enum, wherever it is declared. */
interface Type {
  /** What it is called in code; that of a nested one says what it is nested in. */
  readonly code: string;
  readonly path: string;
  readonly isEnum: boolean;
}

const lowerFirst = (name: string) => name[0]!.toLowerCase() + name.slice(1);
const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, next: string) => next.toUpperCase());
const doc = (lines: readonly string[], indent = "") =>
  lines.length === 0 ? "" : `${indent}/** ${lines.join(" ")} */\n`;

/** All types by their full names. */
function typesOf(protos: readonly Proto[]): Map<string, Type> {
  const types = new Map<string, Type>();
  for (const { enums, messages, package: scope, path } of protos) {
    const add = (name: string, isEnum: boolean) =>
      types.set(`${scope}.${name}`, { code: name.replaceAll(".", "_"), path, isEnum });
    for (const { name } of messages) add(name, false);
    for (const { name } of enums) add(name, true);
  }
  return types;
}

/** Writes the code of one file, and keeps account of what that has to import. */
class Writer {
  readonly #proto: Proto;
  readonly #types: Map<string, Type>;
  readonly #imports = new Map<string, Set<string>>();

  constructor(proto: Proto, types: Map<string, Type>) {
    this.#proto = proto;
    this.#types = types;
  }

  text(): string {
    const { enums, path, services } = this.#proto;
    const parts = [
      ...enums.map((one) => this.#enum(one)),
      ...this.#inOrder().map((one) => this.#message(one)),
      ...services.map((one) => this.#service(one)),
    ];
    const imports = [...this.#imports]
      .map(([from, names]) => `import { ${[...names].sort().join(", ")} } from "${from}";\n`)
      .sort();
    const head = `// Generated from proto/${path} by make proto: change that, not this.\n`;
    return [head + imports.join(""), ...parts].join("\n");
  }

  /** The messages, each after those of the file that it holds. */
  #inOrder(): ProtoMessage[] {
    const order = new Set<ProtoMessage>();
    const add = (message: ProtoMessage) => {
      for (const { type } of message.fields) {
        const held = this.#proto.messages.find(({ name }) =>
          [type, `${message.name}.${type}`].includes(name),
        );
        if (held) add(held);
      }
      order.add(message);
    };
    this.#proto.messages.forEach(add);
    return [...order];
  }

  #enum({ comment, name, values }: ProtoEnum): string {
    const lines = values.map(([key, value]) => `  ${key} = ${value},\n`);
    return `${doc(comment)}export enum ${this.#type(name).code} {\n${lines.join("")}}\n`;
  }

  #message({ comment, fields, name }: ProtoMessage): string {
    const lines = fields.map(
      (field) => `${doc(field.comment, "  ")}  ${camelCase(field.name)}: ${this.#field(field, name)},\n`,
    );
    this.#use("protobuf/message.ts", "message", "type MessageOf");
    const { code } = this.#type(name);
    const table = lines.length === 0 ? "{}" : `{\n${lines.join("")}}`;
    return `${doc(comment)}export type ${code} = MessageOf<typeof ${code}>;\nexport const ${code} = message(${table});\n`;
  }

  #field({ number, repeated, type }: ProtoMessage["fields"][number], scope: string): string {
    const values = /^map<string, (.+)>$/.exec(type)?.[1];
    if (values !== undefined) {
      const scalar = SCALARS[values];
      this.#use("protobuf/kinds.ts", "map");
      if (scalar) this.#use("protobuf/kinds.ts", scalar);
      return `map(${number}, ${scalar ?? `(value) => ${this.#single(values, scope, "value")}`})`;
    }
    if (!repeated) return this.#single(type, scope, String(number));
    const kind = REPEATED[type] ?? "many";
    this.#use("protobuf/kinds.ts", kind);
    return kind === "many" ? `many(${number}, ${this.#type(type, scope).code})` : `${kind}(${number})`;
  }

  #single(type: string, scope: string, number: string): string {
    const scalar = SCALARS[type];
    const { code, isEnum } = scalar ? { code: "", isEnum: false } : this.#type(type, scope);
    this.#use("protobuf/kinds.ts", scalar ?? (isEnum ? "choice" : "one"));
    if (scalar) return `${scalar}(${number})`;
    return isEnum ? `choice<${code}>(${number})` : `one(${number}, ${code})`;
  }

  #service({ comment, methods, name }: ProtoService): string {
    const lines = methods.map(({ name, request, requestStream, response, responseStream }) => {
      const kind = requestStream ? "duplex" : responseStream ? "serverStream" : "unary";
      if (requestStream && !responseStream)
        throw new Error(`${name}: no service has streams of requests alone`);
      this.#use("protobuf/service.ts", kind);
      const codecs = [request, response].map((type) => this.#type(type).code);
      return `    ${lowerFirst(name)}: ${kind}("${name}", ${codecs.join(", ")}),\n`;
    });
    const full = `${this.#proto.package}.${name}`;
    return `${doc(comment)}export type ${name}Definition = typeof ${name}Definition;\nexport const ${name}Definition = {\n  fullName: "${full}",\n  methods: {\n${lines.join("")}  },\n} as const;\n`;
  }

  /** Finds a type from within a message, and imports it. */
  #type(name: string, scope = ""): Type {
    const { package: own } = this.#proto;
    const found = [`${own}.${scope}.${name}`, `${own}.${name}`, name]
      .map((full) => this.#types.get(full))
      .find((type) => type !== undefined);
    if (!found) throw new Error(`${this.#proto.path}: there is no type ${name}`);
    if (found.path !== this.#proto.path) this.#use(`proto/${found.path.replace(/proto$/, "ts")}`, found.code);
    return found;
  }

  #use(file: string, ...names: string[]): void {
    const from = relative(dirname(`proto/${this.#proto.path}`), file);
    const path = from.startsWith(".") ? from : `./${from}`;
    const used = this.#imports.get(path) ?? new Set();
    this.#imports.set(path, used);
    for (const name of names) used.add(name);
  }
}

async function main(): Promise<void> {
  const paths = [...new Bun.Glob("**/*.proto").scanSync(SOURCE)].sort();
  const protos = await Promise.all(
    paths.map(async (path) => readProto(path, await Bun.file(join(SOURCE, path)).text())),
  );
  const types = typesOf(protos);
  rmSync(OUTPUT, { recursive: true, force: true });
  for (const proto of protos) {
    const target = join(OUTPUT, proto.path.replace(/proto$/, "ts"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, new Writer(proto, types).text());
  }
}

await main();
