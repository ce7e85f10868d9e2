import { defineCommand } from "../command.ts";
import { fetchAny, OBJECT_TYPES } from "./any.ts";
import { inspectObjects } from "./inspect.ts";

const CHOICE = `must be one of ${OBJECT_TYPES.map((type) => `"${type}"`).join(", ")}`;

export default defineCommand({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  summary: "Print all that is known about objects of the engine",
  count: { least: 1 },
  flags: {
    format: { kind: "string", short: "f", help: "'json', or a Go template for each object" },
    size: { kind: "bool", short: "s", help: "Print the size of the files, for containers" },
    type: { kind: "string", help: "Look for objects of this type only" },
  },
  async run(cli, { args, flags, given }) {
    const type = flags.type ?? "";
    if (given.has("type") && type === "") throw new Error(`type is empty: ${CHOICE}`);
    if (type !== "" && !OBJECT_TYPES.includes(type))
      throw new Error(`unknown type: ${JSON.stringify(type)}: ${CHOICE}`);
    await inspectObjects(cli, args, flags.format, (name) => fetchAny(cli, name, type, flags.size));
    return 0;
  },
});
