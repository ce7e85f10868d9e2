/** Output into a file ("file:///path"), appended. */
import {
  closeFd,
  makeFolder,
  O_APPEND,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  openFd,
  pipe,
  setNonBlocking,
} from "../../linux/fd.ts";
import { pump } from "./pump.ts";
import { type IOOptions, type KeptIO, type ProcessIO, pathOf, type StdioPaths } from "./stdio.ts";

/**
 * The process writes into a pipe and the shim into the file: with the file's own descriptor the process
 * could read or cut what was logged.
 */
export function openFile(paths: StdioPaths, _options: IOOptions): ProcessIO {
  const path = pathOf(paths.stdout);
  // Every folder above the file.
  for (let i = path.indexOf("/", 1); i > 0; i = path.indexOf("/", i + 1)) makeFolder(path.slice(0, i), 0o755);
  const file = openFd(path, O_WRONLY | O_APPEND | O_CREAT, 0o644);
  const [reader, writer] = pipe();
  setNonBlocking(reader, true);
  const stdin = openFd("/dev/null", O_RDONLY | O_NONBLOCK);
  return copying(reader, file, [stdin, writer]);
}

/** A copy that another program has begun. */
export function resumeFile(kept: KeptIO & { kind: "file" }): ProcessIO {
  return copying(kept.reader, kept.file, []);
}

/** `given`: what the process inherits, its input and its output. */
function copying(reader: number, file: number, given: number[]): ProcessIO {
  const copy = pump(reader, file);
  void copy.done.then(() => closeFd(file));
  const fds = [given[0] ?? -1, given[1] ?? -1, given[1] ?? -1] as const;
  let ends = given;
  const closeEnds = (): void => {
    for (const fd of ends) closeFd(fd);
    ends = [];
  };
  return {
    fds,
    started: closeEnds,
    closeStdin() {},
    exited() {},
    finished: () => copy.done,
    close() {
      closeEnds();
      copy.stop();
    },
    resize() {},
    keep: () => (copy.waiting ? { kind: "file", reader, file } : undefined),
  };
}
