import type { Cli } from "../cli.ts";
import type { AuthEntry } from "./file.ts";
import { helperGet } from "./helper.ts";

/** Docker Hub under the name that credentials are kept for. */
export const HUB_KEY = "https://index.docker.io/v1/";

/** What an engine is told to log in to a registry with. */
export interface Credentials {
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
  serveraddress?: string;
}

/** The name that a registry's credentials are kept under. */
const credentialsKey = (domain: string): string => (domain === "docker.io" ? HUB_KEY : domain);

/** The X-Registry-Auth header for an image of this registry domain; a helper that fails counts as one that knows nothing. */
export async function registryAuth(cli: Cli, domain: string): Promise<string> {
  const credentials = await credentialsFor(cli, credentialsKey(domain)).catch(() => ({}));
  return Buffer.from(JSON.stringify(credentials)).toString("base64url").padEnd(4, "=");
}

/** The credentials for a key, from the helper program in charge of it or from config.json; empty when there are none. */
export async function credentialsFor(cli: Cli, key: string): Promise<Credentials> {
  const { credHelpers, credsStore, auths } = cli.config;
  const helper = credHelpers?.[key] ?? credsStore;
  if (helper) return fromHelper(helper, key);
  const entry =
    auths?.[key] ?? Object.entries(auths ?? {}).find(([name]) => hostOf(name) === hostOf(key))?.[1];
  return entry ? fromEntry(entry, key) : {};
}

const hostOf = (name: string) => name.replace(/^https?:\/\//, "").split("/", 1)[0]!;

function fromEntry(entry: AuthEntry, serveraddress: string): Credentials {
  const plain = Buffer.from(entry.auth ?? "", "base64").toString();
  const colon = plain.indexOf(":");
  return {
    ...(colon > 0
      ? { username: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/, "") }
      : {}),
    ...(entry.identitytoken ? { identitytoken: entry.identitytoken } : {}),
    ...(entry.registrytoken ? { registrytoken: entry.registrytoken } : {}),
    serveraddress,
  };
}

async function fromHelper(helper: string, serveraddress: string): Promise<Credentials> {
  const kept = await helperGet(helper, serveraddress);
  if (!kept) return {};
  // By the helpers' convention a token comes with this name.
  return kept.Username === "<token>"
    ? { identitytoken: kept.Secret, serveraddress }
    : { username: kept.Username, password: kept.Secret, serveraddress };
}
