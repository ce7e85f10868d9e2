/** The FIFOs of a process's stdio: made for a new one, found for one that runs, removed when it is gone. */
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { makeFifo } from "../../linux/fifo.ts";

/** Where ctr makes them unless told otherwise. */
const FIFO_FOLDER = "/run/containerd/fifo";

export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

/** Makes the FIFOs of a process, in a folder of their own below `parent`. A terminal has no stderr of its own. */
export function makeFifos(id: string, terminal: boolean, parent = FIFO_FOLDER): StdioPaths {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(parent, "io-"));
  const make = (name: string) => {
    const path = join(folder, `${id}-${name}`);
    makeFifo(path, 0o600);
    return path;
  };
  return { stdin: make("stdin"), stdout: make("stdout"), stderr: terminal ? "" : make("stderr"), terminal };
}

/**
 * Opens the far ends of FIFOs, which stock's shim waits for before it answers; returns what closes them. The shim has
 * both ends of its own then, so that nothing written is lost.
 */
export function holdFifos({ stdin, stdout, stderr }: Omit<StdioPaths, "terminal">): () => void {
  const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
  const outputs = [stdout, stderr].filter(isFifo).map((path) => openSync(path, O_RDONLY | O_NONBLOCK));
  const inputs = [stdin].filter(isFifo).map((path) => openSync(path, O_RDWR | O_NONBLOCK));
  return () => {
    for (const fd of [...outputs, ...inputs]) closeSync(fd);
  };
}

export const isFifo = (path: string): boolean =>
  path.startsWith("/") && statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** Removes those of the paths that are FIFOs, and the folders that are empty then. */
export function removeFifos({ stdin, stdout, stderr }: Omit<StdioPaths, "terminal">): void {
  const fifos = [stdin, stdout, stderr].filter(isFifo);
  for (const path of fifos) rmSync(path, { force: true });
  for (const folder of new Set(fifos.map((path) => dirname(path)))) {
    try {
      rmdirSync(folder);
    } catch (error) {
      // Others may be in it.
      if (!["ENOTEMPTY", "ENOENT", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
}
