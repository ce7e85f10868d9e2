/** Users and groups of this machine, by name or number. */
import { messageOf, systemError } from "../../errors/errors.ts";

export interface Account {
  name: string;
  id: number;
}

type Database = "passwd" | "group";

/** By getent(1), so that accounts of every name service count. Errors: system, with stock's text. */
export function findAccount(database: Database, key: string): Account {
  const found = getent(database, key);
  if (found) return found;
  throw systemError(`getent unable to find entry ${JSON.stringify(key)} in ${database} database`);
}

/** The account, or undefined if there is none of this name or number. */
export function getent(database: Database, key: string): Account | undefined {
  if (key === "") return undefined;
  const child = Bun.spawnSync(["getent", database, key], { stderr: "ignore" });
  const [name, , id] = child.stdout.toString().split("\n")[0]!.split(":");
  if (child.exitCode !== 0 || !name || id === undefined) return undefined;
  return { name, id: Number(id) };
}

/** Runs a program that changes the accounts. Errors: system, with what it said. */
export function changeAccounts(...command: string[]): void {
  const child = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (child.exitCode === 0) return;
  throw systemError(`${command.join(" ")}: ${messageOf(child.stderr.toString().trim())}`);
}
