/** --userns-remap: whose subordinate ids the ids of containers are. */
import { invalidArgument, messageOf, systemError } from "../../errors/errors.ts";
import type { IDMap } from "../../linux/id-map.ts";
import type { Logger } from "../../log/log.ts";
import { type Account, changeAccounts, findAccount, getent } from "./accounts.ts";
import { firstFree, rangesOf, readGrants, type SubordinateFile } from "./subordinate.ts";

/** The account that "default" stands for; it is made if it is not there. */
const DEFAULT_USER = "dockremap";
const DEFAULT_SIZE = 65536;

const isNumber = (text: string) => /^\d+$/.test(text);

/**
 * Reads "default", "user", "uid", "user:group" or "uid:gid". Gives undefined for root, which cannot be mapped to
 * itself. Errors: invalidArgument and system with stock's texts.
 */
export function resolveRemap(text: string, log: Logger): IDMap | undefined {
  const parts = text.split(":");
  if (parts.length > 2)
    throw invalidArgument(`Invalid user/group specification in --userns-remap: ${JSON.stringify(text)}`);
  const [userText = "", groupText] = parts;
  if (text === "default") makeDefaultUser();
  const user = userOf(text === "default" ? DEFAULT_USER : userText);
  groupOf(groupText ?? user.name);
  if (user.name === "root") {
    log.warn("User namespaces: root cannot be remapped with itself; user namespaces are OFF");
    return undefined;
  }
  log.info(`User namespaces: ID ranges will be mapped to subuid/subgid ranges of: ${user.name}`);
  try {
    // As stock: the group is only checked to exist, the group ids are those that the user may hand on.
    return {
      uids: rangesOf("subuid", user.name, user.id),
      gids: rangesOf("subgid", user.name, user.id),
    };
  } catch (cause) {
    throw systemError(`Can't create ID mappings: ${messageOf(cause)}`, { cause });
  }
}

function userOf(text: string): Account {
  try {
    return findAccount("passwd", text);
  } catch (cause) {
    const what = isNumber(text)
      ? `Uid ${text} has no entry in /etc/passwd`
      : `Error during uid lookup for ${JSON.stringify(text)}`;
    throw systemError(`${what}: ${messageOf(cause)}`, { cause });
  }
}

function groupOf(text: string): Account {
  try {
    return findAccount("group", text);
  } catch (cause) {
    const what = isNumber(text)
      ? `Gid ${text} has no entry in /etc/passwd`
      : `Error during groupname lookup for ${JSON.stringify(text)}`;
    throw systemError(`${what}: ${messageOf(cause)}`, { cause });
  }
}

function makeDefaultUser(): void {
  try {
    if (!getent("passwd", DEFAULT_USER))
      changeAccounts(
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/bin/false",
        DEFAULT_USER,
      );
    grant("subuid", "--add-subuids");
    grant("subgid", "--add-subgids");
  } catch (cause) {
    throw systemError(`Error during ${JSON.stringify(DEFAULT_USER)} user creation: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function grant(file: SubordinateFile, option: string): void {
  if (readGrants(file).some(({ user }) => user === DEFAULT_USER)) return;
  const first = firstFree(file, DEFAULT_SIZE);
  changeAccounts("usermod", option, `${first}-${first + DEFAULT_SIZE - 1}`, DEFAULT_USER);
}
