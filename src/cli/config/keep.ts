import type { Cli } from "../cli.ts";
import type { Credentials } from "./auth.ts";
import { type AuthEntry, type ConfigFile, configPath } from "./file.ts";
import { helperErase, helperStore } from "./helper.ts";
import { saveConfig } from "./save.ts";

/** The helper program in charge of a server's credentials; undefined when config.json keeps them itself. */
const helperFor = (config: ConfigFile, server: string): string | undefined =>
  config.credHelpers?.[server] ?? config.credsStore;

/** Keeps credentials, with a warning when that is in plain text. Errors: of the helper or the file. */
export async function keepCredentials(cli: Cli, server: string, credentials: Credentials): Promise<void> {
  const { username = "", password = "", identitytoken } = credentials;
  const helper = helperFor(cli.config, server);
  if (helper) {
    await helperStore(helper, {
      ServerURL: server,
      Username: identitytoken ? "<token>" : username,
      Secret: identitytoken || password,
    });
    saveEntry(cli, server, {});
    return;
  }
  const entry = {
    auth: Buffer.from(`${username}:${password}`).toString("base64"),
    ...(identitytoken ? { identitytoken } : {}),
  };
  const known = JSON.stringify(cli.config.auths?.[server]) === JSON.stringify(entry);
  saveEntry(cli, server, entry);
  if (!known && password !== "") warnOfPlainText(cli);
}

function saveEntry(cli: Cli, server: string, entry: AuthEntry): void {
  saveConfig(cli, (config) => {
    config.auths = { ...config.auths, [server]: entry };
  });
}

function warnOfPlainText(cli: Cli): void {
  cli.err(
    `\nWARNING! Your credentials are stored unencrypted in '${configPath(cli.configFolder)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
  );
}

/** Forgets the credentials kept under a name. Errors: of the helper or the file. */
export async function forgetCredentials(cli: Cli, server: string): Promise<void> {
  const helper = helperFor(cli.config, server);
  if (helper) await helperErase(helper, server).catch(() => undefined);
  if (cli.config.auths?.[server] === undefined) return;
  saveConfig(cli, (config) => delete config.auths?.[server]);
}
