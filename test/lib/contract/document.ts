/** The Engine API description (Swagger 2.0): its operations, and validators for what they answer. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";

const NAME = "shared/reference/engine-api-1.50.yaml";

/** Scalars that stock answers null for when nobody has set them, though the description does not say so. */
const NULL_IN_STOCK = [["Resources", "MemorySwappiness"]] as const;

/** An object in the description, but Go's type writes itself as a text: "docker.volumedriver/1.0". */
const TEXT_IN_STOCK = "PluginInterfaceType";

type Schema = Record<string, unknown>;

export interface Operation {
  /** "GET /containers/json" */
  key: string;
  method: string;
  path: string;
  /** Documented statuses. */
  statuses: number[];
  /** True if the request has a JSON body. */
  takesJSON: boolean;
  /** Tells what is wrong with an answer's body; "" if nothing is. Undefined if the status has no schema. */
  check(status: number, body: unknown): string | undefined;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  definitions: Record<string, Schema>;
}

interface Described {
  responses: Record<string, { schema?: Schema }>;
  parameters?: { in: string; schema?: Schema }[];
}

/** The description lies beside the checkout, or beside a folder above it. Errors: when it is nowhere. */
function read(): Document {
  for (let at = import.meta.dir; at !== "/"; at = dirname(at)) {
    const path = join(at, NAME);
    if (existsSync(path)) return parse(readFileSync(path, "utf8")) as Document;
  }
  throw new Error(`${NAME} is not there: this test compares with it; it belongs beside the checkout`);
}

/**
 * Swagger's dialect as JSON schema. Go writes null for a slice or map that is nil, and clients in every language live
 * with it, so null is taken for every array and object; scalars must be what the description says.
 */
function translate(schema: Schema): Schema {
  const result: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (["format", "example", "description", "default", "discriminator"].includes(key)) continue;
    if (key.startsWith("x-")) continue;
    result[key] = translateValue(value);
  }
  const type = schema["type"];
  const nullable = schema["x-nullable"] === true || type === "array" || type === "object";
  if (result["$ref"] !== undefined) return nullable ? { anyOf: [result, { type: "null" }] } : result;
  if (nullable && typeof type === "string") {
    result["type"] = [type, "null"];
    if (Array.isArray(result["enum"])) result["enum"] = [...result["enum"], null];
  }
  if (type === "file") delete result["type"];
  return result;
}

function translateValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(translateValue);
  if (typeof value === "object" && value !== null) return translate(value as Schema);
  return value;
}

export function readOperations(): Operation[] {
  const { paths, definitions } = read();
  for (const [definition, property] of NULL_IN_STOCK) {
    const resources = definitions[definition]?.["properties"] as Record<string, Schema>;
    resources[property]!["x-nullable"] = true;
  }
  definitions[TEXT_IN_STOCK] = { type: "string" };
  const ajv = new Ajv({ strict: false, allErrors: true });
  const translated = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, translate(schema)]),
  );
  const compile = (schema: Schema) => ajv.compile({ ...translate(schema), definitions: translated });
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => operation(method, path, described, compile)),
  );
}

function operation(
  method: string,
  path: string,
  { responses, parameters = [] }: Described,
  compile: (schema: Schema) => ValidateFunction,
): Operation {
  const upper = method.toUpperCase();
  return {
    key: `${upper} ${path}`,
    method: upper,
    path,
    statuses: Object.keys(responses).map(Number),
    takesJSON: parameters.some((p) => p.in === "body" && p.schema && p.schema["type"] !== "string"),
    check(status, body) {
      const schema = responses[String(status)]?.schema;
      if (!schema || schema["type"] === "string") return undefined;
      const validate = compile(schema);
      if (validate(body)) return "";
      return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`).join("; ");
    },
  };
}
