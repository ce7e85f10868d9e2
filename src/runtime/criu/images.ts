/** The folders that CRIU is given. */
import { messageOf, systemError } from "../../errors/errors.ts";
import { makeFolder, O_RDONLY, openFd } from "../../linux/fd.ts";
import { O_DIRECTORY } from "../../linux/openat2.ts";
import type { Folders, Options } from "./flags.ts";

/** Makes a folder and those above it, private to root. */
export function makeFolders(path: string): void {
  const parts = path.split("/").filter(Boolean);
  parts.forEach((_, i) => {
    makeFolder(`/${parts.slice(0, i + 1).join("/")}`, 0o700);
  });
}

const openFolder = (path: string, keep: (fd: number) => void): number => {
  const fd = openFd(path, O_RDONLY | O_DIRECTORY);
  keep(fd);
  return fd;
};

/** The folders as options; `keep` gets the descriptors to close. */
export function folderOptions(folders: Folders, logFile: string, keep: (fd: number) => void): Options {
  const imagesDirFd = openFolder(folders.images, keep);
  if (folders.work === undefined) return { imagesDirFd, logFile };
  makeFolders(folders.work);
  return { imagesDirFd, workDirFd: openFolder(folders.work, keep), logFile };
}

/** Throws CRIU's failure with where its log is, in runc's words. */
export function failWithLog(error: unknown, folders: Folders, logFile: string): never {
  const path = `${folders.work ?? folders.images}/${logFile}`;
  throw systemError(`${messageOf(error)}\nlog file: ${path}`, { cause: error });
}
