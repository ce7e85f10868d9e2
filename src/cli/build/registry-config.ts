import type { Cli } from "../cli.ts";
import { credentialsFor } from "../config/auth.ts";

/** X-Registry-Config: the credentials of all registries that config.json knows, for the images of FROM. */
export async function registryConfig(cli: Cli): Promise<string> {
  const keys = new Set([
    ...Object.keys(cli.config.auths ?? {}),
    ...Object.keys(cli.config.credHelpers ?? {}),
  ]);
  const entries = await Promise.all(
    [...keys].map(async (key) => [key, await credentialsFor(cli, key)] as const),
  );
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)))
    .toString("base64url")
    .padEnd(4, "=");
}
