import { isNotFound } from "../../errors/errors.ts";
import { defineCommand } from "../command.ts";
import { describe } from "../describe.ts";
import { forEachContainer } from "./each.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Remove one or more containers",
  aliases: ["docker container rm", "docker container remove", "docker rm"],
  count: { least: 1 },
  flags: {
    force: { kind: "bool", short: "f", help: "Kill running containers first (SIGKILL)" },
    link: { kind: "bool", short: "l", help: "Remove the link of this name" },
    volumes: { kind: "bool", short: "v", help: "Remove the anonymous volumes of the container as well" },
  },
  async run(cli, { args, flags }) {
    const query = { v: flags.volumes, link: flags.link, force: flags.force };
    const remove = async (given: string) => {
      const name = given.replace(/^\/+|\/+$/g, "");
      if (name === "") throw new Error("container name cannot be empty");
      await cli.client.call("DELETE", containerPath(name), { query });
    };
    const failed: string[] = [];
    const tolerant = async (name: string) => {
      try {
        await remove(name);
      } catch (error) {
        if (!flags.force || !isNotFound(error)) throw error;
        failed.push(name);
        cli.err(`${describe(error)}\n`);
      }
    };
    await forEachContainer(cli, args, tolerant, (name) => !failed.includes(name));
    return 0;
  },
});
