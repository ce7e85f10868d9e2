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
import { type IOOptions, type ProcessIO, pathOf, type StdioPaths } from "./stdio.ts";

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
  const copy = pump(reader, file);
  void copy.done.then(() => closeFd(file));
  let ends = [stdin, writer];
  const closeEnds = (): void => {
    for (const fd of ends) closeFd(fd);
    ends = [];
  };
  return {
    fds: [stdin, writer, writer],
    started: closeEnds,
    closeStdin() {},
    exited() {},
    finished: () => copy.done,
    close() {
      closeEnds();
      copy.stop();
    },
    resize() {},
  };
}
