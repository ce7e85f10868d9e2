/** The shim itself: serves the task service on the socket it inherited, until its last container is gone. */

import { readSmallFile, unlinkIfThere } from "../linux/fd.ts";
import { becomeSubreaper } from "../linux/prctl.ts";
import { trimWhenQuiet } from "../memory/trim.ts";
import { type Handler, type Server, serve } from "../ttrpc/server.ts";
import { showContainer } from "./command_line.ts";
import type { Flags } from "./flags.ts";
import { IdleWatch } from "./idle.ts";
import { log, setDebug, setLogBundle } from "./log.ts";
import { Publisher } from "./publisher.ts";
import { Reaper } from "./reaper.ts";
import { TaskService } from "./service.ts";

/** How long events may still wait for containerd at the end, in milliseconds. */
const LAST_EVENTS = 3_000;
/** Milliseconds of quiet after which memory is given back: a shim sleeps for the life of its container. */
const QUIET = 400;
/** Time for the answer to the shutdown request to leave. */
const LAST_ANSWER = 50;

/** Serves the listening socket `listener`. Returns at once; the process lives as long as the socket. */
export function runDaemon(flags: Flags, listener: number): void {
  setDebug(flags.debug);
  becomeSubreaper();
  const trimSoon = trimWhenQuiet(QUIET);
  const reaper = new Reaper();
  const publisher = new Publisher(process.env["TTRPC_ADDRESS"] ?? "", flags.namespace);
  // Read now: at the end the bundle may be gone.
  const socket = readSmallFile("address").replace("unix://", "");
  setLogBundle(process.cwd());
  // The bundle may go before the shim does, which may serve others.
  process.chdir("/");
  let server: Server | undefined;
  let ending = false;
  const shutdown = () => {
    if (ending) return;
    ending = true;
    void end(socket, server, publisher);
  };
  let shown = flags.id;
  const service = new TaskService({
    namespace: flags.namespace,
    reaper,
    publisher,
    onShutdown: shutdown,
    onSole: (id) => {
      shown = id === shown ? shown : showContainer(shown, id);
    },
  });
  reaper.start();
  // containerd's end, or a careless kill, must not take running containers' shim along.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      if (service.idle && signal !== "SIGHUP") shutdown();
      else log("warning", `${signal} ignored: containers are running`);
    });
  process.on("uncaughtException", (error) => log("error", `uncaught: ${error.stack ?? error}`));
  process.on("unhandledRejection", (error) => log("error", `unhandled: ${String(error)}`));
  const idle = new IdleWatch(() => service.idle, shutdown);
  const handle: Handler = (call, payload) => {
    trimSoon();
    return service.handle(call, payload);
  };
  server = serve({ fd: listener }, handle, (open) => idle.connections(open));
  trimSoon();
}

async function end(socket: string, server: Server | undefined, publisher: Publisher): Promise<void> {
  // So that `start` for the same id finds the path free.
  unlinkIfThere(socket);
  await publisher.close(LAST_EVENTS);
  await new Promise((resolve) => setTimeout(resolve, LAST_ANSWER));
  server?.stop(true);
  process.exit(0);
}
