/** Commands that are the same for every kind of object of a swarm: ls, inspect, rm. */
import type { Cli } from "../cli.ts";
import { type Command, defineCommand } from "../command.ts";
import { eachInTurn } from "../each.ts";
import { INSPECT_FORMAT, LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { inspectObjects } from "../inspect/inspect.ts";

/** A kind of objects: how it is called, and its folder in the API. */
export interface SwarmKind {
  /** "node" */
  name: string;
  /** "/nodes" */
  path: string;
  /** What usage lines call one: "NODE". */
  placeholder: string;
  /** The same of the first one that inspect takes. */
  inspected?: string;
  /** rm has --force. */
  force?: true;
}

const pathOf = (kind: SwarmKind, name: string) => `${kind.path}/${encodeURIComponent(name)}`;

/** Asks the engine, whose answer outside a swarm is what everybody gets to see. */
export function listCommand({ name, path }: SwarmKind): Command {
  return defineCommand({
    usage: "[OPTIONS]",
    summary: `List the ${name}s of the swarm`,
    aliases: [`docker ${name} ls`, `docker ${name} list`],
    count: { most: 0 },
    flags: {
      filter: LIST_FILTER,
      format: LIST_FORMAT,
      quiet: { kind: "bool", short: "q", help: "Show ids only" },
    },
    async run(cli, { flags }) {
      const objects = await cli.client.json<{ ID: string }[]>("GET", path, {
        query: { filters: filtersOf(flags.filter) },
      });
      if (!flags.quiet)
        throw new Error(`tables of ${name}s are not implemented: use -q and docker ${name} inspect`);
      cli.out(objects.map(({ ID }) => `${ID}\n`).join(""));
      return 0;
    },
  });
}

/** `inspect` of a kind of swarm object. */
export function inspectCommand(kind: SwarmKind): Command {
  return defineCommand({
    usage: `[OPTIONS] ${kind.inspected ?? kind.placeholder} [${kind.placeholder}...]`,
    summary: `Print all that is known about one or more ${kind.name}s`,
    count: { least: 1 },
    flags: { format: INSPECT_FORMAT },
    async run(cli, { args, flags }) {
      await inspectObjects(cli, args, flags.format, async (name) =>
        cli.client.text("GET", pathOf(kind, name === "self" ? await ownNode(cli) : name)),
      );
      return 0;
    },
  });
}

/** This engine's own node, which "self" means; outside a swarm the engine has the answer to the word itself. */
async function ownNode(cli: Cli): Promise<string> {
  const info = await cli.client.json<{ Swarm?: { NodeID?: string } }>("GET", "/info");
  return info.Swarm?.NodeID || "self";
}

/** `rm` of a kind of swarm object; goes on after one that fails. */
export function removeCommand(kind: SwarmKind): Command {
  const { name, placeholder } = kind;
  return defineCommand({
    usage: `${kind.force ? "[OPTIONS] " : ""}${placeholder} [${placeholder}...]`,
    summary: `Remove one or more ${name}s from the swarm`,
    aliases: [`docker ${name} rm`, `docker ${name} remove`],
    count: { least: 1 },
    flags: kind.force ? { force: { kind: "bool", short: "f", help: "Remove it whatever its state" } } : {},
    async run(cli, { args, given }) {
      const query = given.has("force") ? { force: "1" } : {};
      await eachInTurn(cli, args, async (each) => {
        await cli.client.call("DELETE", pathOf(kind, each), { query });
        return each;
      });
      return 0;
    },
  });
}
