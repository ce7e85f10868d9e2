import { fstatSync, readFileSync } from "node:fs";
import { errnoOf, invalidArgument, systemError } from "../../../errors/errors.ts";
import { O_RDONLY } from "../../../linux/fd.ts";
import { withInRoot } from "../../../linux/openat2.ts";

export interface ResolvedUser {
  uid: number;
  gid: number;
  additionalGids: number[];
  /** Home directory according to the image; "/" if it does not say. */
  home: string;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}
interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

const LARGEST_ID = 0x7fffffff;
const O_NONBLOCK = 0o4000;

/**
 * Who "user[:group]" is by the container's own /etc/passwd and /etc/group (moby's rules: numbers need no entry,
 * names do; without a group, the user's groups come along).
 * Errors: system, with runc's text, for a name or number that cannot be.
 */
export function resolveUser(root: string, text: string, groupAdd: readonly string[] = []): ResolvedUser {
  const [userPart = "", groupPart = ""] = text.split(":", 2);
  const passwd = parsePasswd(readIn(root, "/etc/passwd"));
  const groups = parseGroups(readIn(root, "/etc/group"));
  const user = findUser(passwd, userPart);
  const user0 = { uid: user.uid, gid: user.gid, home: user.home || "/" };
  const own = groups
    .filter((group) => user.name !== "" && group.members.includes(user.name))
    .map(({ gid }) => gid);
  const explicit = groupPart === "" ? undefined : findGroup(groups, groupPart);
  const gid = explicit ?? user0.gid;
  const added = groupAdd.map((name) => findGroup(groups, name));
  const additional = [gid, ...(explicit === undefined ? own : []), ...added];
  return { ...user0, gid, additionalGids: [...new Set(additional)] };
}

function findUser(passwd: PasswdEntry[], text: string): PasswdEntry {
  if (text === "")
    return passwd.find(({ uid }) => uid === 0) ?? { name: "root", uid: 0, gid: 0, home: "/root" };
  const number = /^-?\d+$/.test(text) ? Number(text) : undefined;
  const entry = passwd.find(({ name }) => name === text) ?? passwd.find(({ uid }) => uid === number);
  if (entry) return entry;
  if (number === undefined) {
    throw systemError(`unable to find user ${text}: no matching entries in passwd file`);
  }
  if (number < 0 || number > LARGEST_ID) throw systemError(`uids and gids must be in range 0-${LARGEST_ID}`);
  return { name: "", uid: number, gid: 0, home: "/" };
}

function findGroup(groups: GroupEntry[], text: string): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : undefined;
  const entry = groups.find(({ name }) => name === text) ?? groups.find(({ gid }) => gid === number);
  if (entry) return entry.gid;
  if (number === undefined)
    throw invalidArgument(`unable to find group ${text}: no matching entries in group file`);
  if (number < 0 || number > LARGEST_ID) throw systemError(`uids and gids must be in range 0-${LARGEST_ID}`);
  return number;
}

/** No honest passwd file is longer, bytes. */
const LONGEST_FILE = 16 * 1024 * 1024;

function readPlainFile(fd: number): string {
  const status = fstatSync(fd);
  return status.isFile() && status.size <= LONGEST_FILE ? readFileSync(fd, "utf8") : "";
}

/** A file of the image, "" if it is not there, or if something else than a file is there to trap the engine. */
function readIn(root: string, path: string): string {
  try {
    return withInRoot(root, path, O_RDONLY | O_NONBLOCK, readPlainFile);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "EAGAIN"].includes(errnoOf(error) ?? "")) return "";
    throw error;
  }
}

const fieldsOf = (text: string): string[][] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));

function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).map(([name = "", , uid = "", gid = "", , home = ""]) => ({
    name,
    uid: Number(uid || Number.NaN),
    gid: Number(gid || 0),
    home,
  }));
}

function parseGroups(text: string): GroupEntry[] {
  return fieldsOf(text).map(([name = "", , gid = "", members = ""]) => ({
    name,
    gid: Number(gid || Number.NaN),
    members: members.split(",").map((member) => member.trim()),
  }));
}
