import type { Hijacked } from "../../api/client/client.ts";
import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";

export interface AttachOrder {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  detachKeys: string;
}

/** The detach sequence in force: the flag's, or that of the configuration; empty for the usual one. */
export const detachKeysOf = (cli: Cli, given: string | undefined): string =>
  given || cli.config.detachKeys || "";

/** Opens a container's streams. */
export function attach(cli: Cli, id: string, order: AttachOrder): Promise<Hijacked> {
  const { stdin, stdout, stderr, detachKeys } = order;
  const query = { stream: true, stdin, stdout, stderr, detachKeys: detachKeys || undefined };
  return cli.client.hijack(containerPath(id, "/attach"), { query });
}
