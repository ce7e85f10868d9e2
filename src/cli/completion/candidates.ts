import type { Cli } from "../cli.ts";
import type { Entry } from "../command.ts";
import { storeOf } from "../context/current.ts";
import type { FlagTable } from "../flags/spec.ts";
import { type Position, placeholderAt } from "./position.ts";

export interface Candidate {
  value: string;
  description?: string;
}

/** What could stand at the cursor; `files`: names of files as well, which the shell knows best. */
export interface Candidates {
  list: Candidate[];
  files: boolean;
}

type Names = (cli: Cli) => Promise<string[]>;

const containers =
  (all: boolean): Names =>
  async (cli) => {
    const found = await cli.client.json<{ Names: string[] }[]>("GET", "/containers/json", { query: { all } });
    return found.flatMap(({ Names }) => Names.map((name) => name.slice(1)));
  };

const images: Names = async (cli) => {
  const found = await cli.client.json<{ RepoTags: string[] | null }[]>("GET", "/images/json");
  return found.flatMap(({ RepoTags }) => RepoTags ?? []);
};

const networks: Names = async (cli) => {
  const found = await cli.client.json<{ Name: string }[]>("GET", "/networks");
  return found.map(({ Name }) => Name);
};

const volumes: Names = async (cli) => {
  const { Volumes } = await cli.client.json<{ Volumes: { Name: string }[] | null }>("GET", "/volumes");
  return (Volumes ?? []).map(({ Name }) => Name);
};

const contexts: Names = async (cli) => [
  "default",
  ...storeOf(cli)
    .list()
    .map(({ Name }) => Name),
];

/** By what usage lines call them. */
const BY_PLACEHOLDER: Record<string, Names> = {
  CONTAINER: containers(true),
  IMAGE: images,
  NAME: async (cli) => [...(await containers(true)(cli)), ...(await images(cli))],
  SOURCE_IMAGE: images,
  TARGET_IMAGE: images,
  NETWORK: networks,
  VOLUME: volumes,
  CONTEXT: contexts,
};

const BY_FLAG: Record<string, Names> = {
  network: networks,
  "volumes-from": containers(true),
  link: containers(false),
  context: contexts,
};

const WORDS_BY_FLAG: Record<string, string[]> = {
  "log-level": ["debug", "info", "warn", "error", "fatal"],
  pull: ["always", "missing", "never"],
  restart: ["always", "no", "on-failure", "unless-stopped"],
  platform: ["linux/amd64", "linux/arm64", "linux/arm/v7"],
};

const NO_FILES = new Set(["bool", "int", "bytes", "duration", "cpus"]);

/** What could stand at a position. An engine that does not answer has no objects to offer. */
export async function candidatesAt(cli: Cli, position: Position): Promise<Candidates> {
  switch (position.kind) {
    case "nothing":
      return { list: [], files: false };
    case "command":
      return { list: commandsOf(position.entries), files: false };
    case "flag":
      return { list: flagsOf(position.flags), files: false };
    case "value":
      return valuesOf(cli, position.name, position.flag.kind);
    default: {
      const { command, arguments: given } = position;
      const placeholder = placeholderAt(command.usage, given.length);
      const names = placeholder === undefined ? undefined : BY_PLACEHOLDER[placeholder];
      const files = names === undefined && placeholder !== undefined;
      return { list: names ? await namesOf(cli, names, given) : [], files };
    }
  }
}

const commandsOf = (entries: Record<string, Entry>): Candidate[] =>
  Object.entries(entries)
    .filter(([, entry]) => !entry.hidden)
    .map(([value, { summary }]) => ({ value, description: summary }));

const flagsOf = (flags: FlagTable): Candidate[] =>
  Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .map(([name, { help }]) => ({ value: `--${name}`, description: help }));

async function valuesOf(cli: Cli, name: string, kind: string): Promise<Candidates> {
  const words = WORDS_BY_FLAG[name];
  if (words) return { list: words.map((value) => ({ value })), files: false };
  const names = BY_FLAG[name];
  if (names) return { list: await namesOf(cli, names, []), files: false };
  return { list: [], files: !NO_FILES.has(kind) };
}

async function namesOf(cli: Cli, names: Names, given: readonly string[]): Promise<Candidate[]> {
  try {
    const all = await names(cli);
    return all.filter((value) => !given.includes(value)).map((value) => ({ value }));
  } catch {
    return [];
  }
}
