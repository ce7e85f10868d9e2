/** Reads config.json and checks what later code relies on. */
import { errnoOf, invalidArgument, messageOf, notFound } from "../errors/errors.ts";
import { readSmallFile } from "../linux/fd.ts";
import type { Process, Spec } from "../oci/runtime-spec.ts";

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

function readJson(path: string, missing: string): unknown {
  let text: string;
  try {
    text = readSmallFile(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw notFound(missing);
    throw error;
  }
  try {
    const document: unknown = JSON.parse(text);
    // Go programs write null for lists and objects that they have not set.
    return text.includes("null") && /:\s*null\b/.test(text) ? withoutNulls(document) : document;
  } catch (error) {
    throw invalidArgument(`${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** What is left out of process.user is zero. */
const ROOT = { uid: 0, gid: 0 };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** Of users and groups; the highest number means "none" to the kernel. */
const MAX_ID = 2 ** 32 - 2;

function checkId(id: unknown, at: string): void {
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > MAX_ID)
    throw invalidArgument(`${at}: want a number from 0 to ${MAX_ID}, not ${JSON.stringify(id)}`);
}

function checkUser(user: unknown, at: string): void {
  if (!isObject(user)) throw invalidArgument(`${at}: want an object`);
  const groups = user["additionalGids"] ?? [];
  if (!Array.isArray(groups)) throw invalidArgument(`${at}.additionalGids: want a list of numbers`);
  for (const name of ["uid", "gid", "umask"])
    if (user[name] !== undefined) checkId(user[name], `${at}.${name}`);
  for (const group of groups) checkId(group, `${at}.additionalGids`);
}

/** What the process cannot do without, in runc's words where it has them. */
function checkProcess(process: unknown, at: string): void {
  if (process === undefined) throw invalidArgument("process property must not be empty");
  if (!isObject(process)) throw invalidArgument(`${at}: want an object`);
  const { args, cwd, env = [], user = {} } = process;
  if (args !== undefined && !isStrings(args)) throw invalidArgument(`${at}.args: want a list of strings`);
  if (cwd !== undefined && typeof cwd !== "string") throw invalidArgument(`${at}.cwd: want a string`);
  if (!cwd) throw invalidArgument("Cwd property must not be empty");
  if (!cwd.startsWith("/")) throw invalidArgument("Cwd must be an absolute path");
  if (!args?.length) throw invalidArgument("args must not be empty");
  if (!isStrings(env)) throw invalidArgument(`${at}.env: want a list of strings`);
  checkUser(user, `${at}.user`);
}

/** The configuration of a bundle. Throws notFound without config.json, invalidArgument where it is no good. */
export function readSpec(bundle: string): Spec {
  const path = `${bundle}/config.json`;
  const spec = readJson(path, `JSON specification file config.json not found in ${bundle}`);
  if (!isObject(spec)) throw invalidArgument(`${path}: want an object`);
  const version = spec["ociVersion"];
  if (typeof version !== "string" || !/^[01]\./.test(version))
    throw invalidArgument(`${path}: ociVersion: want 1.x, not ${JSON.stringify(version)}`);
  if (!isObject(spec["root"]) || typeof spec["root"]["path"] !== "string")
    throw invalidArgument(`${path}: root.path is missing`);
  if (!isObject(spec["linux"])) throw invalidArgument(`${path}: linux is missing`);
  checkProcess(spec["process"], `${path}: process`);
  const typed = spec as unknown as Spec;
  typed.process!.user = { ...ROOT, ...typed.process!.user };
  // Go reads member names in any case, and callers of runc write this one so.
  for (const limit of typed.linux?.resources?.hugepageLimits ?? [])
    limit.pageSize ??= (limit as { pagesize?: string }).pagesize ?? "";
  return typed;
}

/** A process document, as `exec --process` takes it. */
export function readProcess(path: string): Process {
  const process = readJson(path, `open ${path}: no such file or directory`);
  checkProcess(process, path);
  const typed = process as Process;
  typed.user = { ...ROOT, ...typed.user };
  return typed;
}
