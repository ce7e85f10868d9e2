/**
 * Output to a logging program ("binary:///path?arg=value"): descriptor 3 is the process's output, 4 its
 * errors, and closing 5 says that the program is ready. CONTAINER_ID and CONTAINER_NAMESPACE are set.
 */
import { messageOf, systemError } from "../../errors/errors.ts";
import { closeFd, O_NONBLOCK, O_RDWR, openFd, pipe } from "../../linux/fd.ts";
import { spawn } from "../../linux/spawn.ts";
import { childEnvironment } from "../runtime.ts";
import { type IOOptions, type ProcessIO, pathOf, type StdioPaths } from "./stdio.ts";

const READY_WITHIN = 10_000;

/** Arguments from the query: each name, followed by its value unless that is empty. */
function argumentsOf(uri: string): string[] {
  return [...new URL(uri).searchParams].flatMap(([name, value]) => (value === "" ? [name] : [name, value]));
}

async function untilReady(fd: number, program: string): Promise<void> {
  const reader = Bun.file(fd).stream().getReader();
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(
      () => reject(systemError(`logging program ${program}: not ready in time`)),
      READY_WITHIN,
    ).unref();
  });
  await Promise.race([reader.read(), late]);
  await reader.cancel().catch(() => {});
}

/** Starts the program and waits until it is ready. */
export async function openBinary(paths: StdioPaths, options: IOOptions): Promise<ProcessIO> {
  const program = pathOf(paths.stdout);
  const none = openFd("/dev/null", O_RDWR);
  const [outReader, outWriter] = pipe();
  const [errorReader, errorWriter] = pipe();
  const [readyReader, readyWriter] = pipe(O_NONBLOCK);
  let ends = [none, outWriter, errorWriter];
  const closeEnds = (): void => {
    for (const fd of ends) closeFd(fd);
    ends = [];
  };
  try {
    spawn({
      path: program,
      argv: [program, ...argumentsOf(paths.stdout)],
      env: childEnvironment([
        `CONTAINER_ID=${options.containerId}`,
        `CONTAINER_NAMESPACE=${options.namespace}`,
      ]),
      fds: [none, none, none, outReader, errorReader, readyWriter],
    });
  } catch (error) {
    closeEnds();
    closeFd(readyReader);
    throw systemError(`failed to start binary process: ${messageOf(error)}`, { cause: error });
  } finally {
    for (const fd of [outReader, errorReader, readyWriter]) closeFd(fd);
  }
  await untilReady(readyReader, program);
  return {
    fds: [none, outWriter, errorWriter],
    started: closeEnds,
    closeStdin() {},
    exited() {},
    finished: () => Promise.resolve(),
    // The program ends by itself when the output does.
    close: closeEnds,
    resize() {},
    keep: () => ({ kind: "closed" }),
  };
}
