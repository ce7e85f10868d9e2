import type { TarType } from "../../../archive/tar/header.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { joinPath } from "./tree.ts";

const MOST_LINKS = 255;

export interface Place {
  type: TarType;
  linkname: string;
}

/**
 * Where a path leads in a tree whose root is "/": links are followed on the way, and at the end if `follow`. What is
 * not there is taken as written. Errors: invalidArgument for links that go in circles.
 */
export function resolvePath(
  lookup: (path: string) => Place | undefined,
  path: string,
  follow: boolean,
): string {
  const left = path.split("/").reverse();
  let at = "";
  let links = 0;
  while (left.length > 0) {
    const part = left.pop()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = at.slice(0, Math.max(at.lastIndexOf("/"), 0));
      continue;
    }
    const next = joinPath(at, part);
    const place = lookup(next);
    const last = left.every((rest) => rest === "" || rest === ".");
    if (place?.type !== "symlink" || (last && !follow)) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS)
      throw invalidArgument(`too many links in ${JSON.stringify(path)}: they go in circles`);
    if (place.linkname.startsWith("/")) at = "";
    left.push(...place.linkname.split("/").reverse());
  }
  return at;
}
