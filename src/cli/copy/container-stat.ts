import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";

// Bits of Go's FileMode.
const FOLDER = 2 ** 31;
const LINK = 2 ** 27;
const DEVICE = 2 ** 26;

/** What the engine says of a path in a container. */
export interface ContainerStat {
  isFolder: boolean;
  isLink: boolean;
  isDevice: boolean;
  /** Empty unless it is a link. */
  linkTarget: string;
}

const HEADER = "x-docker-container-path-stat";

/** Reads the header that describes the path. Errors: when the engine has sent none. */
export function statFrom(headers: ReadonlyMap<string, string>): ContainerStat {
  const text = headers.get(HEADER);
  if (text === undefined) throw new Error(`the engine did not send ${HEADER}`);
  const { mode, linkTarget } = JSON.parse(Buffer.from(text, "base64").toString()) as {
    mode: number;
    linkTarget?: string;
  };
  const has = (bit: number) => Math.floor(mode / bit) % 2 === 1;
  return { isFolder: has(FOLDER), isLink: has(LINK), isDevice: has(DEVICE), linkTarget: linkTarget ?? "" };
}

/** What is at a path in a container; undefined when that cannot be said. */
export async function statInContainer(
  cli: Cli,
  container: string,
  path: string,
): Promise<ContainerStat | undefined> {
  try {
    const response = await cli.client.stream("HEAD", containerPath(container, "/archive"), {
      query: { path },
    });
    for await (const _ of response.body) void _;
    return statFrom(response.headers);
  } catch {
    return undefined;
  }
}
