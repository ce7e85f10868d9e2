/** /etc/subuid and /etc/subgid: which ids a user may hand on. */
import { existsSync, readFileSync } from "node:fs";
import { systemError } from "../../errors/errors.ts";
import type { IDRange } from "../../linux/id-map.ts";

export type SubordinateFile = "subuid" | "subgid";

interface Grant {
  user: string;
  start: number;
  size: number;
}

/** The grants of a file. Errors: system, for a line that is none. */
export function readGrants(file: SubordinateFile, folder = "/etc"): Grant[] {
  const path = `${folder}/${file}`;
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return lines.flatMap((line, i) => {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return [];
    const [user = "", start = "", size = "", ...more] = text.split(":");
    if (more.length > 0 || !/^\d+$/.test(start) || !/^\d+$/.test(size))
      throw systemError(`${path}:${i + 1}: want USER:FIRST:COUNT, not ${JSON.stringify(text)}`);
    return [{ user, start: Number(start), size: Number(size) }];
  });
}

/**
 * All that a user, by name or number, may hand on: container ids from 0 up, over one range after the other.
 * Errors: system, with stock's text, for a user that has none.
 */
export function rangesOf(file: SubordinateFile, user: string, id: number, folder?: string): IDRange[] {
  const own = readGrants(file, folder).filter((grant) => grant.user === user || grant.user === String(id));
  if (own.length === 0) throw systemError(`no ${file} ranges found for user ${JSON.stringify(user)}`);
  let next = 0;
  return own.map(({ start, size }) => {
    const range = { containerID: next, hostID: start, size };
    next += size;
    return range;
  });
}

const FIRST = 100_000;

/** The first id from 100000 up from which on `count` ids are granted to nobody. */
export function firstFree(file: SubordinateFile, count: number, folder?: string): number {
  let first = FIRST;
  for (const { start, size } of readGrants(file, folder).toSorted((a, b) => a.start - b.start))
    if (start < first + count && start + size > first) first = start + size;
  return first;
}
