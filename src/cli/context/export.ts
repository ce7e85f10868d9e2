import { closeSync, openSync } from "node:fs";
import { errnoOf } from "../../errors/errors.ts";
import { defineCommand } from "../command.ts";
import { writeFully } from "../terminal/output.ts";
import { packContext } from "./archive.ts";
import { contextOf, storeOf } from "./current.ts";
import { DEFAULT_DESCRIPTION } from "./list.ts";
import { checkContextName, DEFAULT_CONTEXT } from "./store.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTEXT [FILE|-]",
  summary: "Write a context to a tar archive, or to stdout",
  count: { least: 1, most: 2 },
  flags: {},
  async run(cli, { args: [name = "", given] }) {
    if (name !== DEFAULT_CONTEXT) checkContextName(name);
    const path = given ?? `${name}.dockercontext`;
    if (path === "-" && cli.isTerminal(1))
      throw new Error("cowardly refusing to export to a terminal, specify a file path");
    const context = contextOf(cli, name);
    const isDefault = name === DEFAULT_CONTEXT;
    if (isDefault) context.Metadata.Description = DEFAULT_DESCRIPTION;
    const archive = packContext({ context, tls: isDefault ? {} : storeOf(cli).tlsFiles(name) });
    if (path === "-") writeFully(1, archive);
    else {
      writeNew(path, archive);
      cli.err(`Written file ${JSON.stringify(path)}\n`);
    }
    return 0;
  },
});

/** Errors: when there is such a file already: keys are not to be lost. */
function writeNew(path: string, bytes: Uint8Array): void {
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o600);
  } catch (error) {
    throw new Error(`open ${path}: ${errnoOf(error) === "EEXIST" ? "file exists" : errnoOf(error)}`);
  }
  try {
    writeFully(fd, bytes);
  } finally {
    closeSync(fd);
  }
}
