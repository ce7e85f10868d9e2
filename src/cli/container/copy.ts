import { defineCommand } from "../command.ts";
import { parsePlace } from "../copy/paths.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  summary: `Copy files and folders between a container and the local file system

'-' as the source reads a tar archive from stdin, to be unpacked in a folder of
the container; '-' as the destination writes one to stdout.`,
  aliases: ["docker container cp", "docker cp"],
  count: { least: 2, most: 2 },
  flags: {
    archive: { kind: "bool", short: "a", help: "Keep user and group ids" },
    "follow-link": { kind: "bool", short: "L", help: "Follow a link that SRC_PATH ends in" },
    quiet: { kind: "bool", short: "q", help: "Show no progress, as where there is no terminal" },
  },
  async run(cli, { args, flags, given }) {
    const [source, destination] = args as [string, string];
    if (source === "") throw new Error("source can not be empty");
    if (destination === "") throw new Error("destination can not be empty");
    const [from, to] = [parsePlace(source), parsePlace(destination)];
    const options = {
      followLink: flags["follow-link"],
      archive: flags.archive,
      quiet: given.has("quiet") ? flags.quiet : !cli.isTerminal(1),
    };
    if (from.container !== "" && to.container !== "")
      throw new Error("copying between containers is not supported");
    if (from.container !== "") {
      const { copyFromContainer } = await import("../copy/from-container.ts");
      await copyFromContainer(cli, from, to.path, options);
    } else if (to.container !== "") {
      const { copyToContainer } = await import("../copy/to-container.ts");
      await copyToContainer(cli, from.path, to, options);
    } else throw new Error("must specify at least one container source");
    return 0;
  },
});
