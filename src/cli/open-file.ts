import { fstatSync, openSync } from "node:fs";
import { errnoOf } from "../errors/errors.ts";

const ERRORS: Record<string, string> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ELOOP: "too many levels of symbolic links",
  ENOTDIR: "not a directory",
};

/** Opens a file for reading. Errors: in the words of the Docker client, "open PATH: no such file or directory". */
export function openFile(path: string): number {
  try {
    const fd = openSync(path, "r");
    if (fstatSync(fd).isDirectory()) throw new Error(`read ${path}: is a directory`);
    return fd;
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    throw new Error(`open ${path}: ${ERRORS[code] ?? code}`);
  }
}
