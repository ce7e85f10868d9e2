/**
 * Writes src/api/schema.ts: one TypeScript type for each entry of `definitions` in the Engine API
 * description (Swagger 2.0). Usage: bun hack/gen-api-types.ts engine-api.yaml
 */
import { parse } from "yaml";

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  required?: string[];
  "x-nullable"?: boolean;
}

function typeOf(schema: Schema, indent: string): string {
  const plain = plainTypeOf(schema, indent);
  return schema["x-nullable"] ? `${plain} | null` : plain;
}

function plainTypeOf(schema: Schema, indent: string): string {
  if (schema.$ref) return schema.$ref.replace("#/definitions/", "");
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOf(part, indent)})`).join(" & ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.properties) return objectType(schema, indent);
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return `Array<${schema.items ? typeOf(schema.items, indent) : "unknown"}>`;
    case "object":
      return mapType(schema, indent);
    default:
      return "unknown";
  }
}

function mapType(schema: Schema, indent: string): string {
  const values = schema.additionalProperties;
  return `Record<string, ${typeof values === "object" ? typeOf(values, indent) : "unknown"}>`;
}

function objectType(schema: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    const mark = schema.required?.includes(name) ? "" : "?";
    return `${inner}${key}${mark}: ${typeOf(property, inner)};`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

const source = process.argv[2];
if (!source) throw new Error("usage: bun hack/gen-api-types.ts engine-api.yaml");
const { definitions, info } = parse(await Bun.file(source).text()) as {
  definitions: Record<string, Schema>;
  info: { version: string };
};
const types = Object.entries(definitions).map(
  ([name, schema]) => `export type ${name} = ${typeOf(schema, "")};`,
);
const header = `// Written by hack/gen-api-types.ts from the Engine API description ${info.version}. Do not edit.\n\n`;
await Bun.write("src/api/schema.ts", `${header}${types.join("\n\n")}\n`);
