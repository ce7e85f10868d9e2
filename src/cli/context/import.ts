import { closeSync, readFileSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { openFile } from "../open-file.ts";
import { unpackContext } from "./archive.ts";
import { storeOf } from "./current.ts";
import { checkContextName } from "./store.ts";

export default defineCommand({
  usage: "CONTEXT FILE|-",
  summary: "Make a context of what export has written",
  count: { least: 2, most: 2 },
  flags: {},
  async run(cli, { args: [name = "", path = ""] }) {
    const store = storeOf(cli);
    checkContextName(name);
    if (store.exists(name)) throw new Error(`context ${JSON.stringify(name)} already exists`);
    const { context, tls } = await unpackContext(contentOf(path), name);
    store.write(context);
    store.writeTls(name, tls);
    cli.out(`${name}\n`);
    cli.err(`Successfully imported context ${JSON.stringify(name)}\n`);
    return 0;
  },
});

function contentOf(path: string): Uint8Array {
  if (path === "-") return readFileSync(0);
  const fd = openFile(path);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
