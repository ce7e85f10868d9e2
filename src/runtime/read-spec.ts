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

function checkProcess(process: unknown, at: string): void {
  if (!isObject(process)) throw invalidArgument(`${at}: want an object`);
  if (!Array.isArray(process["args"]) || !process["args"].every((arg) => typeof arg === "string"))
    throw invalidArgument(`${at}.args: want a list of strings`);
  if (process["args"].length === 0) throw invalidArgument(`${at}.args must not be empty`);
  if (process["cwd"] !== undefined && typeof process["cwd"] !== "string")
    throw invalidArgument(`${at}.cwd: want a string`);
}

/** The configuration of a bundle. Throws notFound without config.json, invalidArgument where it is no good. */
export function readSpec(bundle: string): Spec {
  const path = `${bundle}/config.json`;
  const spec = readJson(path, `JSON specification file ${path} not found`);
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
