/** Legacy plugins: processes of their own that are found by name, by a socket or a file that says where they listen. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { invalidArgument, notFound } from "../../errors/errors.ts";

const SOCKETS = "/run/docker/plugins";
const SPECS = ["/etc/docker/plugins", "/usr/lib/docker/plugins"];
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export interface PluginAddress {
  /** Path of a socket; else `url`. */
  unix?: string;
  /** "http://host:port" */
  url?: string;
}

/** Errors: notFound, with stock's text; invalidArgument for a spec file that says nothing of use. */
export function findPlugin(name: string): PluginAddress {
  if (!NAME.test(name)) throw notFound(`plugin ${JSON.stringify(name)} not found`);
  for (const path of [join(SOCKETS, `${name}.sock`), join(SOCKETS, name, `${name}.sock`)]) {
    if (existsSync(path)) return { unix: path };
  }
  for (const folder of SPECS.flatMap((spec) => [spec, join(spec, name)])) {
    const spec = join(folder, `${name}.spec`);
    if (existsSync(spec)) return parseAddress(spec, readFileSync(spec, "utf8").trim());
    const json = join(folder, `${name}.json`);
    if (existsSync(json)) return parseAddress(json, addressOf(json));
  }
  throw notFound(`plugin ${JSON.stringify(name)} not found`);
}

function addressOf(path: string): string {
  try {
    return String((JSON.parse(readFileSync(path, "utf8")) as { Addr?: unknown }).Addr ?? "");
  } catch (cause) {
    throw invalidArgument(`plugin file ${path} is not JSON`, { cause });
  }
}

function parseAddress(path: string, text: string): PluginAddress {
  const match = /^(unix|tcp|http|https):\/\/(.+)$/.exec(text);
  if (!match)
    throw invalidArgument(`plugin file ${path}: want unix:// or tcp:// address, got ${JSON.stringify(text)}`);
  const [, scheme, rest] = match;
  if (scheme === "unix") return { unix: rest! };
  return { url: scheme === "tcp" ? `http://${rest}` : text };
}
