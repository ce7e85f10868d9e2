/** Help of every command: usage line, aliases, flags, their types and defaults are the stock client's; the words are ours. */
import { describe, expect, test } from "bun:test";
import type { Entry } from "../src/cli/command.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-help.test.ts: skipped, the stock client 28.2.2 is not installed");

/** Commands whose help is meant to be another. */
const OTHER: Record<string, string> = {
  "": "lists what there is",
  completion: "a shell less",
  build: "some of buildx's flags, none of those for remote builders",
  "image build": "as build",
  "builder build": "as build",
  "network doctor": "ours alone",
  "builder du": "ours alone: stock's comes with a plugin",
};

/** Flags of stock that are not there, by command, and why. The list may only shrink. */
const MISSING: { command: RegExp; flags: RegExp; reason: string }[] = [
  { command: /(run|create)$/, flags: /^--use-api-socket$/, reason: "experimental: give the socket by -v" },
  { command: /(run|create)$/, flags: /^--help$/, reason: "stock shows it there only, for -h is taken" },
  { command: / inspect$/, flags: /^--pretty$/, reason: "objects of a swarm, which there are not" },
  { command: /^volume ls$/, flags: /^--cluster$/, reason: "volumes of a swarm" },
  {
    command: /^volume create$/,
    flags: /^--(availability|group|limit-bytes|required-bytes|scope|secret|sharing|topology-\w+|type) /,
    reason: "volumes of a swarm",
  },
];

const isMissing = (path: string, flag: string) =>
  MISSING.some(({ command, flags }) => command.test(path) && flags.test(flag));

/** All commands, as words, aliases left out. */
function pathsOf(entries: Record<string, Entry>, before = ""): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    const path = `${before}${name}`;
    if (entry.hidden || path in OTHER) return [];
    return entry.group ? pathsOf(entry.group, `${path} `) : [path];
  });
}

/** The flags of a help text: "-f, --filter filter". */
function flagsOf(help: string): string[] {
  const column = /^ +(-\w, )?--[\w-]+( \w+)?(?= {3}|$)/gm;
  return [...help.matchAll(column)].map(([flag]) => flag.trim()).sort();
}

function outline(cli: string, path: string) {
  const child = Bun.spawnSync([cli, ...path.split(" "), "--help"], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", DOCKER_HOST: "unix:///tmp/none.sock" },
  });
  const help = child.stdout.toString();
  return {
    code: child.exitCode,
    usage: help.split("\n", 1)[0],
    aliases: /Aliases:\n(.*)/.exec(help)?.[1],
    flags: flagsOf(help).filter((flag) => cli === OUR_CLI || !isMissing(path, flag)),
  };
}

describe.skipIf(!here)("help", () => {
  test.each(pathsOf(COMMANDS))("docker %s", (path) => {
    expect(outline(OUR_CLI, path)).toEqual(outline(STOCK_CLI, path));
  });
});
