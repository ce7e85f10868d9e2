import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { errnoOf, messageOf } from "../../errors/errors.ts";

/** The file that takes the container's id; made beforehand, so that a path of no use is known before the container. */
export interface CidFile {
  write(id: string): void;
  /** Removes the file if nothing was written to it. */
  close(): void;
}

/** Opens --cidfile; undefined without one. Errors: when the file is there already or cannot be made. */
export function openCidFile(path: string | undefined): CidFile | undefined {
  if (!path) return undefined;
  if (existsSync(path))
    throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
  const fd = create(path);
  let written = false;
  return {
    write(id) {
      writeSync(fd, id);
      written = true;
    },
    close() {
      closeSync(fd);
      if (!written) rmSync(path, { force: true });
    },
  };
}

function create(path: string): number {
  try {
    return openSync(path, "wx", 0o666);
  } catch (error) {
    const why = errnoOf(error) === "ENOENT" ? "no such file or directory" : messageOf(error);
    throw new Error(`failed to create the container ID file: open ${path}: ${why}`);
  }
}
