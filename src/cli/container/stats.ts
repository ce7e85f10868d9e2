import type { ContainerSummary, EventMessage } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { filtersOf } from "../flags/filter.ts";
import { formatList } from "../format/list.ts";
import { columnsOf, HEADERS, ROW_TYPE, TABLE } from "../stats/columns.ts";
import { type Watched, watch } from "../stats/watch.ts";

const INTERVAL_MS = 500;
const ID_DIGITS = 12;

export default defineCommand({
  usage: "[OPTIONS] [CONTAINER...]",
  summary: "Show what containers use, as it changes",
  aliases: ["docker container stats", "docker stats"],
  count: {},
  flags: {
    all: { kind: "bool", short: "a", help: "Show all containers, not only running ones" },
    format: { kind: "string", help: "'table', 'table TEMPLATE', 'json', or a Go template for each line" },
    "no-stream": { kind: "bool", help: "Show the first result only" },
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
  },
  async run(cli, { args, flags }) {
    const follow = !flags["no-stream"];
    const watched: Watched[] = [];
    const add = (name: string) => {
      if (!watched.some(({ asked }) => asked === name)) watched.push(watch(cli, name, follow));
    };
    const events = args.length === 0 && follow ? followEvents(cli, watched, flags.all, add) : undefined;
    const names = args.length > 0 ? args : await listed(cli, flags.all);
    for (const name of names) add(name);
    await Promise.all(watched.map(({ first }) => first));
    if (args.length > 0) throwErrors(watched);
    const chosen = flags.format || cli.config.statsFormat || "table";
    const format = chosen === "table" ? TABLE : chosen;
    const text = () => {
      const rows = watched.map((each) => columnsOf(each, !flags["no-trunc"]));
      return formatList({ format, headers: HEADERS, rows, type: ROW_TYPE });
    };
    if (!follow) {
      cli.out(text());
      return 0;
    }
    await redraw(cli, text, events);
    return 0;
  },
});

/** Draws over what was drawn before, twice a second, until the engine ends the events. */
async function redraw(cli: Cli, text: () => string, events: Promise<void> | undefined): Promise<void> {
  let ended = false;
  events?.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  while (!ended) {
    const screen = `\x1b[H${text()}`;
    // What was there before may be longer: each line is written again with the rest of it erased.
    const cleared = screen.split("\n").map((line) => `${line} \x1b[K\n`);
    cli.out(`${screen}${cleared.join("")}\x1b[J`);
    await Bun.sleep(INTERVAL_MS);
  }
  await events;
}

async function listed(cli: Cli, all: boolean): Promise<string[]> {
  const containers = await cli.client.json<ContainerSummary[]>("GET", "/containers/json", { query: { all } });
  return containers.map(({ Id = "" }) => Id.slice(0, ID_DIGITS));
}

/** Takes containers in as they start, and out when they end. Resolves when the engine ends the stream. */
async function followEvents(
  cli: Cli,
  watched: Watched[],
  all: boolean,
  add: (name: string) => void,
): Promise<void> {
  const query = { filters: filtersOf(["type=container"]) };
  for await (const { Action, Actor } of cli.client.lines<EventMessage>("GET", "/events", { query })) {
    const id = (Actor?.ID ?? "").slice(0, ID_DIGITS);
    if (Action === "start" || (all && Action === "create")) add(id);
    const at = Action === "die" && !all ? watched.findIndex(({ asked }) => asked === id) : -1;
    if (at >= 0) watched.splice(at, 1);
  }
}

function throwErrors(watched: readonly Watched[]): void {
  const errors = watched.filter(({ error }) => error !== undefined).map(({ error }) => describe(error));
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}
