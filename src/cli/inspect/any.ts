import type { SystemInfo } from "../../api/schema.ts";
import { isNotFound, messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { describe } from "../describe.ts";

/** A kind of objects that `docker inspect` knows. */
interface Kind {
  type: string;
  path(name: string): string;
  /** Only managers of a swarm have them. */
  swarm?: true;
}

const at =
  (folder: string, rest = "") =>
  (name: string) =>
    `/${folder}/${encodeURIComponent(name)}${rest}`;

/** Where objects are looked for, in this order. */
const KINDS: readonly Kind[] = [
  { type: "container", path: at("containers", "/json") },
  // Names of images have slashes, which the engine takes as they are.
  {
    type: "image",
    path: (name) => `/images/${encodeURI(name).replaceAll("?", "%3F").replaceAll("#", "%23")}/json`,
  },
  { type: "network", path: at("networks") },
  { type: "volume", path: at("volumes") },
  { type: "service", path: (name) => `${at("services")(name)}?insertDefaults=true`, swarm: true },
  { type: "task", path: at("tasks"), swarm: true },
  { type: "node", path: at("nodes"), swarm: true },
  { type: "plugin", path: at("plugins", "/json") },
  { type: "secret", path: at("secrets"), swarm: true },
  { type: "config", path: at("configs"), swarm: true },
];

/** The names of the types, as errors list them. */
export const OBJECT_TYPES: readonly string[] = KINDS.map(({ type }) => type).sort();

/** Finds an object by name or id, of a given type or the first that has it; returns its JSON text. */
export async function fetchAny(cli: Cli, name: string, type: string, size: boolean): Promise<string> {
  if (name.trim() === "") throw new Error(`invalid ${type || "container"} name or ID: value is empty`);
  let manager: boolean | undefined;
  for (const kind of KINDS) {
    if (type !== "" && kind.type !== type) continue;
    if (type === "" && kind.swarm) {
      manager ??= await isSwarmManager(cli);
      if (!manager) continue;
    }
    try {
      const sized = size && kind.type === "container";
      const json = await cli.client.text("GET", kind.path(name), sized ? { query: { size } } : {});
      if (size && !sized) cli.err(`WARNING: --size ignored for ${kind.type}\n`);
      return json;
    } catch (error) {
      if (type !== "" || !isPassedOver(error)) throw error;
    }
  }
  throw new Error(`Error: No such object: ${name}`);
}

function isPassedOver(error: unknown): boolean {
  return isNotFound(error) || /not supported|invalid reference format/.test(messageOf(error));
}

async function isSwarmManager(cli: Cli): Promise<boolean> {
  try {
    const info = await cli.client.json<SystemInfo>("GET", "/info");
    return info.Swarm?.ControlAvailable === true;
  } catch (error) {
    cli.err(`${describe(error)}\n`);
    return false;
  }
}
