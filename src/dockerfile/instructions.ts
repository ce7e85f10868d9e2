/** From a logical line to a typed instruction. Failures are plain Errors in stock's words; parse.ts puts them on their line. */
import { readCopy } from "./copy.ts";
import { flagNames, readFlags } from "./flags.ts";
import { readHealth } from "./health.ts";
import { readMount } from "./mounts.ts";
import { commandLine, noFlags, type Statement, words } from "./statement.ts";
import { didYouMean } from "./suggest.ts";
import type { CommandLine, Instruction, Kind, Pair } from "./types.ts";
import { parseJsonList, splitWords } from "./words.ts";

type Body<K extends Kind> = Omit<Extract<Instruction, { kind: K }>, "text" | "first" | "last" | "kind">;
type Readers = { [K in Kind]: (statement: Statement) => Body<K> };

const READERS: Readers = {
  ARG: readArg,
  ENV: (s) => ({ pairs: readPairs(s) }),
  LABEL: (s) => ({ pairs: readPairs(s) }),
  RUN: readRun,
  CMD: readCommand,
  ENTRYPOINT: readCommand,
  COPY: (s) => ({ ...readCopy(s), flags: flagNames(s.flags) }),
  ADD: (s) => ({ ...readCopy(s), flags: flagNames(s.flags) }),
  EXPOSE: (s) => ({ ports: atLeastOne(s, words(s.rest)).sort() }),
  VOLUME: (s) => ({ paths: readVolumes(s) }),
  USER: (s) => ({ value: exactlyOne(s) }),
  WORKDIR: (s) => ({ value: exactlyOne(s) }),
  STOPSIGNAL: (s) => ({ value: exactlyOne(s) }),
  MAINTAINER: (s) => ({ value: exactlyOne(s) }),
  HEALTHCHECK: (s) => ({ health: readHealth(s) }),
  ONBUILD: readOnbuild,
  SHELL: readShell,
};

const KEYWORDS = [...Object.keys(READERS), "FROM"];

/** Everything but FROM. Errors: Error. */
export function readInstruction(statement: Statement): Instruction {
  const { line, keyword } = statement;
  if (!Object.hasOwn(READERS, keyword))
    throw new Error(`unknown instruction: ${keyword}${didYouMean(keyword, KEYWORDS)}`);
  const kind = keyword as Kind;
  const body = READERS[kind](statement);
  return { kind, ...body, text: line.text, first: line.first, last: line.last } as Instruction;
}

function atLeastOne<T>(statement: Statement, list: T[]): T[] {
  noFlags(statement);
  if (list.length === 0) throw new Error(`${statement.keyword} requires at least one argument`);
  return list;
}

function exactlyOne(statement: Statement): string {
  noFlags(statement);
  if (statement.rest === "") throw new Error(`${statement.keyword} requires exactly one argument`);
  return statement.rest;
}

function readCommand(statement: Statement): { command: CommandLine } {
  noFlags(statement);
  return { command: commandLine(statement.rest) };
}

function readRun(statement: Statement): Body<"RUN"> {
  const flags = readFlags(statement.flags, { mount: "strings", network: "string", security: "string" });
  const command = commandLine(statement.rest);
  if (command.words.length === 0) throw new Error("RUN requires at least one argument");
  if (statement.rest.includes("\0")) throw new Error("RUN has a zero byte in it: no command can have one");
  return {
    command,
    heredocs: statement.line.heredocs,
    mounts: flags.mount.map(readMount),
    network: oneOf("network mode", flags.network, ["default", "none", "host"]),
    security: oneOf("security mode", flags.security, ["sandbox", "insecure"]),
    flags: flagNames(statement.flags),
  };
}

/** The first of the allowed values is the default. */
function oneOf<const T extends string>(what: string, value: string | undefined, allowed: readonly T[]): T {
  if (value === undefined) return allowed[0]!;
  const found = allowed.find((one) => one === value);
  if (!found) throw new Error(`invalid ${what} ${JSON.stringify(value)}${didYouMean(value, allowed)}`);
  return found;
}

function readArg(statement: Statement): Body<"ARG"> {
  const args = atLeastOne(statement, splitWords(statement.rest, statement.escape)).map((word) => {
    const mark = word.indexOf("=");
    if (mark === 0) throw new Error("ARG names can not be blank");
    return mark < 0
      ? { key: word, value: undefined }
      : { key: word.slice(0, mark), value: word.slice(mark + 1) };
  });
  return { args };
}

function readPairs(statement: Statement): Pair[] {
  const { keyword, rest } = statement;
  noFlags(statement);
  const list = splitWords(rest, statement.escape);
  if (list.length === 0) throw new Error(`${keyword} requires at least one argument`);
  if (!list[0]!.includes("=")) {
    const match = /^(\S+)\s+(.+)$/s.exec(rest);
    if (!match) throw new Error(`${keyword} must have two arguments`);
    return [{ key: match[1]!, value: match[2]!, legacy: true }];
  }
  return list.map((word) => {
    const mark = word.indexOf("=");
    if (mark < 0) {
      const shown = JSON.stringify(word);
      throw new Error(`Syntax error - can't find = in ${shown}. Must be of the form: name=value`);
    }
    if (mark === 0) throw new Error(`${keyword} names can not be blank`);
    return { key: word.slice(0, mark), value: word.slice(mark + 1), legacy: false };
  });
}

function readVolumes(statement: Statement): string[] {
  const json = parseJsonList(statement.rest);
  const list = typeof json === "object" ? json.list : words(statement.rest);
  return atLeastOne(statement, list).map((path) => {
    if (path.trim() === "") throw new Error("VOLUME specified can not be an empty string");
    return path.trim();
  });
}

function readOnbuild(statement: Statement): Body<"ONBUILD"> {
  const expression = statement.line.text.replace(/^\s*ONBUILD\s*/i, "");
  const trigger = words(expression)[0]?.toUpperCase();
  if (trigger === undefined) throw new Error("ONBUILD requires at least one argument");
  if (trigger === "ONBUILD") throw new Error("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === "MAINTAINER" || trigger === "FROM")
    throw new Error(`${trigger} isn't allowed as an ONBUILD trigger`);
  if (!KEYWORDS.includes(trigger))
    throw new Error(`unknown instruction: ${trigger}${didYouMean(trigger, KEYWORDS)}`);
  const { heredocs } = statement.line;
  const lines = heredocs.map(({ content, name }) => `\n${content}${name}`).join("");
  return { expression: lines === "" ? expression : `${expression}${lines}\n`, heredocs };
}

function readShell(statement: Statement): Body<"SHELL"> {
  noFlags(statement);
  const { words: shell, shell: isShellForm } = commandLine(statement.rest);
  if (shell.length === 0) throw new Error("SHELL requires at least one argument");
  if (isShellForm) throw new Error("SHELL requires the arguments to be in JSON form");
  return { shell };
}
