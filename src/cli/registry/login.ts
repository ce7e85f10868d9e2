import { kindOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { type Credentials, credentialsFor } from "../config/auth.ts";
import { keepCredentials } from "../config/keep.ts";
import { readLine } from "../confirm.ts";
import { describe } from "../describe.ts";
import { printNote } from "../note.ts";
import { hideTyping } from "../terminal/raw.ts";
import { serverKey } from "./server.ts";

export default defineCommand({
  usage: "[OPTIONS] [SERVER]",
  summary: "Log in to a registry, Docker Hub unless another is named",
  count: { most: 1 },
  flags: {
    password: { kind: "string", short: "p", help: "Password or access token" },
    "password-stdin": { kind: "bool", help: "Read the password or access token from stdin" },
    username: { kind: "string", short: "u", help: "Name of the user" },
  },
  async run(cli, { args, flags, given }) {
    if (given.has("username") && flags.username === "") throw new Error("username is empty");
    if (given.has("password") && flags.password === "") throw new Error("password is empty");
    const password = await givenPassword(cli, flags);
    const server = serverKey(args[0]);
    const kept = flags.username || password ? {} : await credentialsFor(cli, server).catch(() => ({}));
    const status =
      (await loginWithKept(cli, server, kept)) ??
      (await loginWithNew(cli, server, { ...flags, password, usual: kept.username }));
    if (status) cli.out(`${status}\n`);
    return 0;
  },
});

interface PasswordFlags {
  username: string | undefined;
  password: string | undefined;
  "password-stdin": boolean;
}

async function givenPassword(cli: Cli, flags: PasswordFlags): Promise<string> {
  if (flags.password && flags["password-stdin"])
    throw new Error("conflicting options: cannot specify both --password and --password-stdin");
  if (flags.password) cli.err("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
  if (!flags["password-stdin"]) return flags.password ?? "";
  if (!flags.username) throw new Error("the --password-stdin option requires --username to be set");
  const password = (await Bun.stdin.text()).replace(/\r?\n$/, "");
  if (password.trim() === "") throw new Error("password is empty");
  return password;
}

/** Tries what is kept; undefined when there is nothing, or it is not good any more. */
async function loginWithKept(cli: Cli, server: string, kept: Credentials): Promise<string | undefined> {
  if (!kept.username || !kept.password) return undefined;
  cli.err(`Authenticating with existing credentials... [Username: ${kept.username}]\n`);
  printNote(cli, 2, "To login with a different account, run 'docker logout' followed by 'docker login'");
  cli.err("\n\n");
  try {
    return await authenticate(cli, server, kept);
  } catch (error) {
    const stale = kindOf(error) === "unauthorized";
    cli.err(
      stale
        ? "Stored credentials invalid or expired\n"
        : `Login did not succeed, error: ${describe(error)}\n`,
    );
    return undefined;
  }
}

interface NewLogin {
  username: string | undefined;
  password: string;
  /** Who was logged in before. */
  usual: string | undefined;
}

async function loginWithNew(cli: Cli, server: string, login: NewLogin): Promise<string> {
  if ((!login.username || login.password === "") && !cli.isTerminal(0))
    throw new Error("Error: Cannot perform an interactive login from a non TTY device");
  const username = login.username?.trim() || askName(cli, login.usual);
  const password = login.password || askPassword(cli);
  return authenticate(cli, server, { username, password, serveraddress: server });
}

/** Lets the engine log in, and keeps what it may use from now on. Returns its words. */
async function authenticate(cli: Cli, server: string, credentials: Credentials): Promise<string> {
  const answer = await cli.client.json<{ Status?: string; IdentityToken?: string }>("POST", "/auth", {
    json: { ...credentials, serveraddress: server },
  });
  const token = answer.IdentityToken;
  await keep(cli, server, token ? { ...credentials, password: "", identitytoken: token } : credentials);
  return answer.Status ?? "";
}

async function keep(cli: Cli, server: string, credentials: Credentials): Promise<void> {
  try {
    await keepCredentials(cli, server, credentials);
  } catch (error) {
    throw new Error(`Error saving credentials: ${describe(error)}`);
  }
}

function askName(cli: Cli, usual: string | undefined): string {
  cli.out(usual ? `Username (${usual}): ` : "Username: ");
  const name = readLine().trim() || usual;
  if (!name) throw new Error("error: username is required");
  return name;
}

function askPassword(cli: Cli): string {
  const restore = hideTyping(0);
  try {
    cli.out("Password: ");
    const password = readLine().trim();
    cli.out("\n");
    if (password === "") throw new Error("error: password is required");
    return password;
  } finally {
    restore();
  }
}
