/** The shim itself: serves the task service on the socket it inherited, until its last container is gone. */

import { readSmallFile, unlinkIfThere } from "../linux/fd.ts";
import { becomeSubreaper } from "../linux/prctl.ts";
import { trim, trimWhenQuiet } from "../memory/trim.ts";
import { type Handler, type KeptConnection, type Server, serve } from "../ttrpc/server.ts";
import { showContainer } from "./command-line.ts";
import type { Flags } from "./flags.ts";
import { IdleWatch } from "./idle.ts";
import { log, setDebug, setLogBundle } from "./log.ts";
import { Publisher } from "./publisher.ts";
import { Reaper } from "./reaper.ts";
import { TaskService } from "./service.ts";
import type { KeptShim } from "./sleep/kept.ts";
import { whenQuiet } from "./sleep/quiet.ts";

/** How long events may still wait for containerd at the end, in milliseconds. */
const LAST_EVENTS = 3_000;
/** Milliseconds without a call after which the shim sleeps, unless PEQUOD_SHIM_SLEEPY says otherwise; waking up takes 15. */
const SLEEPY = 3_000;
/** Time for the answer to the shutdown request to leave. */
const LAST_ANSWER = 50;

/** Serves the listening socket `listener`. Returns at once; the process lives as long as the socket. */
export function runDaemon(flags: Flags, listener: number): void {
  becomeSubreaper();
  // Read now: at the end the bundle may be gone.
  const socket = readSmallFile("address").replace("unix://", "");
  setLogBundle(process.cwd());
  // The bundle may go before the shim does, which may serve others.
  process.chdir("/");
  new Daemon(flags, { shown: flags.id, socket, listener }).serve([]);
}

/** Goes on after a sleep. */
export async function resumeDaemon(flags: Flags, kept: KeptShim): Promise<void> {
  const daemon = new Daemon(flags, kept);
  await daemon.service.resume(kept.service);
  daemon.serve(kept.connections);
}

class Daemon {
  readonly service: TaskService;
  readonly #flags: Flags;
  readonly #socket: string;
  readonly #listener: number;
  readonly #reaper = new Reaper();
  readonly #publisher: Publisher;
  #shown: string;
  #server: Server | undefined;
  #ending = false;

  constructor(flags: Flags, { shown, socket, listener }: Pick<KeptShim, "shown" | "socket" | "listener">) {
    setDebug(flags.debug);
    this.#flags = flags;
    this.#shown = shown;
    this.#socket = socket;
    this.#listener = listener;
    this.#publisher = new Publisher(process.env["TTRPC_ADDRESS"] ?? "", flags.namespace);
    this.service = new TaskService({
      namespace: flags.namespace,
      reaper: this.#reaper,
      publisher: this.#publisher,
      onShutdown: () => this.#shutdown(),
      onSole: (id) => {
        this.#shown = id === this.#shown ? id : showContainer(this.#shown, id);
      },
    });
  }

  /** `adopted`: connections from before a sleep. */
  serve(adopted: readonly KeptConnection[]): void {
    this.#reaper.start();
    this.#handleSignals();
    const work = maySleep() ? whenQuiet(sleepy(), () => this.#sleep()) : trimWhenQuiet(SLEEPY);
    const handle: Handler = (call, payload) => {
      work();
      return this.service.handle(call, payload);
    };
    const idle = new IdleWatch(
      // A containerd that took this shim for dead has cleared its tasks away by itself.
      () => this.service.isAbandoned,
      () => this.#shutdown(),
    );
    this.#server = serve({ fd: this.#listener }, handle, (open) => idle.connections(open), adopted);
    work();
  }

  #handleSignals(): void {
    // containerd's end, or a careless kill, must not take running containers' shim along.
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
      process.on(signal, () => {
        if (this.service.idle && signal !== "SIGHUP") this.#shutdown();
        else log("warning", `${signal} ignored: containers are running`);
      });
    process.on("uncaughtException", (error) => log("error", `uncaught: ${error.stack ?? error}`));
    process.on("unhandledRejection", (error) => log("error", `unhandled: ${String(error)}`));
  }

  async #sleep(): Promise<void> {
    const { fallAsleep } = await import("./sleep/sleep.ts");
    await fallAsleep(this.#flags, () => this.#keep());
    // It could not.
    trim();
  }

  /** What it takes to go on after a sleep; undefined while something is under way. */
  #keep(): KeptShim | undefined {
    if (this.#ending || !this.#publisher.isIdle || !this.#reaper.isIdle) return undefined;
    // A call that waits changes nothing: it can be made again.
    const connections = this.#server?.keep((method) => method === "Wait");
    const service = connections && this.service.keep();
    if (connections === undefined || service === undefined) return undefined;
    return {
      shown: this.#shown,
      socket: this.#socket,
      listener: this.#listener,
      connections,
      service,
    };
  }

  #shutdown(): void {
    if (this.#ending) return;
    this.#ending = true;
    void end(this.#socket, this.#server, this.#publisher);
  }
}

function sleepy(): number {
  return Number(process.env["PEQUOD_SHIM_SLEEPY"]) || SLEEPY;
}

/** The sleeper wakes what executes by itself: not when this is run from source. */
function maySleep(): boolean {
  return (process.argv[1] ?? "").startsWith("/$bunfs/");
}

async function end(socket: string, server: Server | undefined, publisher: Publisher): Promise<void> {
  // So that `start` for the same id finds the path free.
  unlinkIfThere(socket);
  await publisher.close(LAST_EVENTS);
  await new Promise((resolve) => setTimeout(resolve, LAST_ANSWER));
  server?.stop(true);
  process.exit(0);
}
