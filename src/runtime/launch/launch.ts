/** Starts init on a plan and talks with it until the process is ready. */
import { systemError } from "../../errors/errors.ts";
import { closeFd, setInherited } from "../../linux/fd.ts";
import { kill } from "../../linux/kill.ts";
import { sealedFile } from "../../linux/memfd.ts";
import { packetPair } from "../../linux/seqpacket.ts";
import { spawnInheriting } from "../../linux/spawn.ts";
import { waitFor } from "../../linux/wait.ts";
import { encodePlan } from "../plan/encode.ts";
import type { Op, Plan } from "../plan/ops.ts";
import { failureText, type InitMessage, nextMessage, sendGo } from "./channel.ts";
import { initFile } from "./init-file.ts";

const SIGKILL = 9;

/** Descriptors that init gets beside the streams, by their own numbers, which the plan has too. */
export interface Descriptors {
  /** How many of our own descriptors from 3 on the command gets. */
  preserve: number;
  console?: number;
  fifo?: number;
  pidfd?: number;
}

export interface Handlers {
  /** The container's process exists. With a new user namespace it waits for its mappings to be written. */
  started(pid: number): void;
  sync(point: number, pid: number): string;
  listener(fd: number, pid: number): void;
  /** All is set up; the process goes on when this returns. */
  ready(pid: number): void;
  debug(message: string): void;
}

async function startInit(
  plan: Plan,
  descriptors: Descriptors,
  failAt: number | undefined,
): Promise<{ stage: number; socket: number }> {
  const { preserve, console, fifo, pidfd } = descriptors;
  const program = await initFile();
  const [socket, theirs] = packetPair();
  const planFile = sealedFile("plan", encodePlan(plan, failAt));
  try {
    for (let fd = 3; fd < 3 + preserve; fd++) setInherited(fd, true);
    for (const fd of [console, fifo, pidfd, planFile, theirs, program])
      if (fd !== undefined) setInherited(fd, true);
    const argv = [
      "docker-runc-init",
      String(planFile),
      String(theirs),
      String(program),
      String(3 + preserve),
    ];
    return { stage: spawnInheriting(`/proc/self/fd/${program}`, argv), socket };
  } catch (error) {
    closeFd(socket);
    throw error;
  } finally {
    for (const fd of [planFile, theirs, program]) closeFd(fd);
    // What runs on our behalf later, such as hooks, does not get them.
    for (const fd of [console, fifo, pidfd]) if (fd !== undefined) setInherited(fd, false);
  }
}

class Conversation {
  pid = 0;
  isReady = false;
  readonly #plan: Plan;
  readonly #socket: number;
  readonly #handlers: Handlers;
  readonly #mapped: boolean;
  readonly #ready: Extract<Op, { op: "ready" }> | undefined;

  constructor(plan: Plan, socket: number, handlers: Handlers) {
    this.#plan = plan;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#ready = plan.find((op) => op.op === "ready");
    this.#mapped = plan.some((op) => op.op === "clone" && op.userNamespace === 2);
  }

  run(): void {
    // The socket closes when the command executes, or when the process has nothing more to do but wait for start.
    for (;;) {
      const message = nextMessage(this.#socket);
      if (message) this.#take(message);
      else if (this.isReady) return;
      else throw systemError("unable to start container process: init ended before it was ready");
    }
  }

  #take(message: InitMessage): void {
    const { kind, value } = message;
    if (kind === "error")
      throw systemError(`unable to start container process: ${failureText(this.#plan, message)}`);
    if (kind === "pid") {
      this.pid = value;
      this.#handlers.started(value);
      this.#handlers.debug(`child process in init(): process ${value}`);
      if (this.#mapped) sendGo(this.#socket);
    } else if (kind === "sync") sendGo(this.#socket, this.#handlers.sync(value, this.pid));
    else if (kind === "listener") this.#handlers.listener(message.fd!, this.pid);
    else {
      this.#handlers.ready(this.pid);
      this.isReady = true;
      if (this.#ready?.wait) sendGo(this.#socket);
    }
  }
}

/**
 * Executes a plan and returns the process's id when the command runs, or waits for start. On failure the
 * processes are gone when this throws.
 */
export async function launch(
  plan: Plan,
  descriptors: Descriptors,
  handlers: Handlers,
  failAt?: number,
): Promise<number> {
  const { stage, socket } = await startInit(plan, descriptors, failAt);
  handlers.debug(`nsexec container setup: process ${stage} executes a plan of ${plan.length} operations`);
  const conversation = new Conversation(plan, socket, handlers);
  try {
    conversation.run();
    return conversation.pid;
  } catch (error) {
    kill(stage, SIGKILL);
    if (conversation.pid > 0) {
      kill(conversation.pid, SIGKILL);
      waitFor(conversation.pid);
    }
    throw error;
  } finally {
    waitFor(stage);
    closeFd(socket);
  }
}
