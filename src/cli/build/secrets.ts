import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** --secret id=NAME[,src=FILE | ,env=VARIABLE] → id and value. Errors: plain. */
export function readSecret(text: string): [string, Uint8Array] {
  const fields = new Map(
    text.split(",").map((field) => {
      const equals = field.indexOf("=");
      if (equals < 0) throw new Error(`invalid field '${field}' must be a key=value pair`);
      return [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)] as const;
    }),
  );
  const file = fields.get("src") ?? fields.get("source");
  const id = fields.get("id") ?? (file === undefined ? undefined : basename(file));
  if (!id) throw new Error(`secret needs an id: ${JSON.stringify(text)}: want id=NAME,src=FILE`);
  const variable = fields.get("env") ?? (file === undefined ? id : undefined);
  if (file !== undefined && fields.get("type") !== "env") return [id, readFileSync(file)];
  const value = process.env[variable ?? file ?? id];
  if (value === undefined)
    throw new Error(`secret ${id}: the environment has no variable ${variable ?? file}`);
  return [id, Buffer.from(value)];
}
