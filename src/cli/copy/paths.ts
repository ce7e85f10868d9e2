import { basename, dirname, join, normalize, resolve } from "node:path";

/** A path of `docker cp`: in a container when that is named. */
export interface Place {
  container: string;
  path: string;
}

/**
 * CONTAINER:PATH, or a path of ours. A local name with a colon in it has to be written with "./" or "/" in front.
 */
export function parsePlace(text: string): Place {
  const colon = text.indexOf(":");
  if (text.startsWith("/") || text.startsWith(".") || colon < 0) return { container: "", path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

const isDot = (path: string) => path !== "" && (path === "." || path.endsWith("/."));
const hasSlash = (path: string) => path.endsWith("/");

/** Whether the path is said to be a folder: it ends in "/" or "/.", or is empty, which means the same as ".". */
export const assertsFolder = (path: string): boolean => path === "" || hasSlash(path) || isDot(path);

/** A cleaned path with the "/." or "/" that the original ended in, which says what is to be copied. */
export function keepEnding(cleaned: string, original: string): string {
  let path = cleaned;
  if (!isDot(path) && isDot(original)) path = hasSlash(path) ? `${path}.` : `${path}/.`;
  return !hasSlash(path) && hasSlash(original) ? `${path}/` : path;
}

/** The absolute form of a path of ours. */
export const absolute = (path: string): string => keepEnding(resolve(path), path);

/** Folder and last name of a path; "." when its content is meant. */
export function splitEntry(path: string): { folder: string; base: string } {
  const clean =
    normalize(path)
      .replace(/(.)\/+$/, "$1")
      .replace(/^(.*)\/\.$/, "$1") || "/";
  if (isDot(path)) return { folder: clean, base: "." };
  return { folder: dirname(clean), base: basename(clean) || "/" };
}

/** The target of a link in a folder. */
export const linkTarget = (link: string, target: string): string =>
  target.startsWith("/") ? target : join(splitEntry(link).folder, target);

/**
 * A link's target in place of the link: with the link's ending, and under its name in the archive where the names
 * differ.
 */
export function rebase(path: string, resolved: string): { path: string; name: string } {
  const target = keepEnding(resolved, path);
  const lastOf = (text: string) => (isDot(text) ? "." : basename(text));
  return { path: target, name: lastOf(path) === lastOf(target) ? "" : lastOf(path) };
}
