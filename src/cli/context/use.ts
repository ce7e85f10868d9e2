import { defineCommand, ExitError } from "../command.ts";
import { saveConfig } from "../config/save.ts";
import { storeOf, warnOfHost } from "./current.ts";
import { checkContextName, DEFAULT_CONTEXT } from "./store.ts";

export default defineCommand({
  usage: "CONTEXT",
  summary: "Use a context from now on",
  count: {},
  flags: {},
  async run(cli, { args }) {
    // Here stock's usage error has another form than everywhere else.
    if (args.length !== 1) throw new ExitError(1, `accepts 1 arg(s), received ${args.length}`);
    const name = args[0]!;
    if (name !== DEFAULT_CONTEXT) {
      checkContextName(name);
      storeOf(cli).read(name);
    }
    const wanted = name === DEFAULT_CONTEXT ? "" : name;
    if ((cli.config.currentContext ?? "") !== wanted)
      saveConfig(cli, (config) => {
        if (wanted === "") delete config.currentContext;
        else config.currentContext = wanted;
      });
    cli.out(`${name}\n`);
    cli.err(`Current context is now ${JSON.stringify(name)}\n`);
    if (wanted !== "") warnOfHost(cli, JSON.stringify(name));
    return 0;
  },
});
