/**
 * hosts.toml, as containerd reads it: <folder>/<registry>/hosts.toml, or <folder>/_default/hosts.toml, names the hosts to
 * ask for a registry's images, in the file's order, and the registry's own server after them.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { errnoOf, invalidArgument, messageOf } from "../../errors/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import type { TLSOptions } from "./transport.ts";

export interface HostsFile {
  pull: Endpoint[];
  push: Endpoint[];
  /** The registry's own place, if the file says where it is. */
  server: string | undefined;
}

/** Errors: invalidArgument, naming the file and the key. */
export async function readHostsFile(domain: string, folder: string): Promise<HostsFile | undefined> {
  if (domain.includes("/")) return undefined;
  for (const name of [domain, "_default"]) {
    const path = join(folder, name, "hosts.toml");
    const text = await readIfThere(path);
    if (text !== undefined) return parseHosts(text, path, join(folder, name));
  }
  return undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

type Table = Record<string, unknown>;

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);

async function parseHosts(text: string, path: string, folder: string): Promise<HostsFile> {
  let parsed: Table;
  try {
    parsed = Bun.TOML.parse(text) as Table;
  } catch (cause) {
    throw invalidArgument(`${path}: ${messageOf(cause)}`, { cause });
  }
  const { server, host = {} } = parsed;
  if (server !== undefined && typeof server !== "string")
    throw invalidArgument(`${path}: server: want a URL`);
  if (!isTable(host)) throw invalidArgument(`${path}: host: want tables [host."URL"]`);
  const found: HostsFile = {
    pull: [],
    push: [],
    server: server === undefined ? undefined : urlOf(server, path),
  };
  for (const [name, table] of Object.entries(host)) {
    if (!isTable(table)) throw invalidArgument(`${path}: host ${name}: want a table`);
    const endpoint = await endpointOf(name, table, path, folder);
    const can = strings(table["capabilities"], path, "capabilities") ?? ["pull", "resolve", "push"];
    if (can.includes("pull")) found.pull.push(endpoint);
    if (can.includes("push")) found.push.push(endpoint);
  }
  return found;
}

function urlOf(text: string, path: string): string {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  if (!url || !/^https?:$/.test(url.protocol))
    throw invalidArgument(`${path}: ${JSON.stringify(text)} is no http URL`);
  return url.href.replace(/\/+$/, "");
}

function strings(value: unknown, path: string, key: string): string[] | undefined {
  if (value === undefined) return undefined;
  const list = typeof value === "string" ? [value] : value;
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  throw invalidArgument(`${path}: ${key}: want a string or a list of strings`);
}

async function endpointOf(name: string, table: Table, path: string, folder: string): Promise<Endpoint> {
  const read = (file: string) => readFile(isAbsolute(file) ? file : join(folder, file), "utf8");
  const ca = await Promise.all((strings(table["ca"], path, "ca") ?? []).map(read));
  const client = await clientOf(table["client"], path, read);
  const verify = table["skip_verify"] !== true;
  const headers = isTable(table["header"])
    ? Object.fromEntries(
        Object.entries(table["header"]).map(([key, value]) => [
          key,
          strings(value, path, `header ${key}`)!.join(", "),
        ]),
      )
    : undefined;
  const tls: TLSOptions | undefined =
    ca.length > 0 || client || !verify ? { verify, ...(ca.length > 0 ? { ca } : {}), ...client } : undefined;
  return {
    url: urlOf(name, path),
    mirror: true,
    tls,
    ...(table["override_path"] === true ? { wholePath: true } : {}),
    ...(headers ? { headers } : {}),
  };
}

/** client = "both.pem", or [["cert.pem", "key.pem"]]. */
async function clientOf(
  value: unknown,
  path: string,
  read: (file: string) => Promise<string>,
): Promise<{ cert: string; key: string } | undefined> {
  if (value === undefined) return undefined;
  const first: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value;
  const [cert, key = cert] = strings(first, path, "client") ?? [];
  return cert === undefined ? undefined : { cert: await read(cert), key: await read(key!) };
}
