import { defineCommand } from "../command.ts";
import { contextName } from "../connection.ts";
import { INSPECT_FORMAT } from "../flags/common.ts";
import { inspectObjects } from "../inspect/inspect.ts";
import { contextOf, storeOf } from "./current.ts";
import { DEFAULT_CONTEXT } from "./store.ts";

const IN_MEMORY = "\\u003cIN MEMORY\\u003e";

export default defineCommand({
  usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
  summary: "Print all that is known about one or more contexts",
  count: {},
  flags: { format: INSPECT_FORMAT },
  async run(cli, { args, flags }) {
    const names = args.length > 0 ? args : [contextName(cli.global, cli.config)];
    const store = storeOf(cli);
    const describe = (name: string): string => {
      const memory = name === DEFAULT_CONTEXT;
      const files = memory ? [] : Object.keys(store.tlsFiles(name));
      const json = JSON.stringify({
        ...contextOf(cli, name),
        TLSMaterial: files.length === 0 ? {} : { docker: files },
        Storage: {
          MetadataPath: memory ? "@" : store.metaFolder(name),
          TLSPath: memory ? "@" : store.tlsFolder(name),
        },
      });
      return memory ? json.replaceAll('"@"', `"${IN_MEMORY}"`) : json;
    };
    await inspectObjects(cli, names, flags.format, async (name) => describe(name));
    return 0;
  },
});
