import { readFileSync } from "node:fs";
import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import type { FlagTable } from "../flags/spec.ts";
import { openFile } from "../open-file.ts";
import { contextOf, storeOf } from "./current.ts";
import { DEFAULT_CONTEXT, type DockerEndpoint, type TlsFiles } from "./store.ts";

const KEYS = ["from", "host", "ca", "cert", "key", "skip-tls-verify"];
const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** What `--docker` makes of a context. */
export interface EndpointChoice {
  docker: DockerEndpoint;
  tls: TlsFiles;
}

/** A value of --docker: "host=...,ca=...". Errors: for a part that is no KEY=VALUE. */
function checkEndpoint(text: string): string {
  for (const part of text.split(","))
    if (!part.includes("=")) throw new Error(`${part} must be formatted as key=value`);
  return text;
}

/** Reads the values of --docker. Errors: in the Docker client's words. */
export function endpointOf(cli: Cli, values: readonly string[]): EndpointChoice {
  try {
    return chosen(cli, pairsOf(values));
  } catch (error) {
    throw new Error(`unable to create docker endpoint config: ${messageOf(error)}`);
  }
}

function pairsOf(values: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of values.flatMap((value) => value.split(","))) {
    const equals = part.indexOf("=");
    pairs.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return pairs;
}

function chosen(cli: Cli, pairs: Map<string, string>): EndpointChoice {
  const unknown = [...pairs.keys()].filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`unrecognized config key: ${unknown[0]}`);
  const from = pairs.get("from");
  if (from !== undefined) return copied(cli, from);
  const tls: TlsFiles = {};
  for (const [key, file] of [
    ["ca", "ca.pem"],
    ["cert", "cert.pem"],
    ["key", "key.pem"],
  ] as const) {
    const path = pairs.get(key);
    if (path) tls[file] = readPem(path, file);
  }
  const skip = TRUE.has(pairs.get("skip-tls-verify") ?? "");
  return { docker: { Host: pairs.get("host") ?? "", SkipTLSVerify: skip }, tls };
}

function copied(cli: Cli, name: string): EndpointChoice {
  const { docker } = contextOf(cli, name).Endpoints;
  if (!docker) throw new Error(`unable to get endpoint from context ${JSON.stringify(name)}`);
  return { docker, tls: name === DEFAULT_CONTEXT ? {} : storeOf(cli).tlsFiles(name) };
}

function readPem(path: string, file: string): string {
  const text = readFileSync(openFile(path), "utf8");
  if (!text.includes("-----BEGIN "))
    throw new Error(
      `invalid docker endpoint options: failed to retrieve context tls info: ${file} seems invalid`,
    );
  return text;
}

/** The flags of the commands that make or change a context. */
export const CONTEXT_FLAGS = {
  description: { kind: "string", help: "Description of the context" },
  docker: {
    kind: "list",
    type: "stringToString",
    help: "How to reach the engine: host=URL, ca=FILE, cert=FILE, key=FILE, skip-tls-verify=BOOL, from=CONTEXT",
    check: checkEndpoint,
  },
} as const satisfies FlagTable;
