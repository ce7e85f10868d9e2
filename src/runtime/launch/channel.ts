/**
 * The conversation with init, over packets (src/runtime/init/report.c):
 *
 *   init, first stage   PID        the new process's id. Until this is sent the new process stays behind a gate;
 *                                  with a new user namespace it then waits for go
 *   init                SYNC n     docker-runc does its part of point n, then go (with the state for hooks)
 *   init                LISTENER   a seccomp notify descriptor
 *   init                READY      set up to the last step; goes on after go if there is a pid file to write
 *   init                ERROR      operation, errno, text; init has ended
 *   (end)               after READY: the command is executing, or waits for start; before: init died
 */
import { systemError } from "../../errors/errors.ts";
import { errnoName } from "../../linux/errno.ts";
import { receivePacket, sendPacket } from "../../linux/seqpacket.ts";
import { strerror } from "../../linux/strerror.ts";
import type { Plan } from "../plan/ops.ts";

const KINDS = ["", "pid", "sync", "ready", "error", "listener"] as const;
const HEADER = 16;

export interface InitMessage {
  kind: "pid" | "sync" | "ready" | "error" | "listener";
  /** Number of the operation in the plan. */
  index: number;
  /** Process id, sync point or errno. */
  value: number;
  note: string;
  fd?: number;
}

/** Waits for the next message; undefined when init has closed its end. */
export function nextMessage(socket: number): InitMessage | undefined {
  const packet = receivePacket(socket);
  if (!packet) return undefined;
  const { bytes, fd } = packet;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = KINDS[view.getUint32(0, true)];
  if (kind === "listener") return { kind, index: 0, value: 0, note: "", ...(fd === undefined ? {} : { fd }) };
  if (kind === undefined || kind === "" || bytes.length < HEADER)
    throw systemError(`init sent a message of unknown kind ${view.getUint32(0, true)}`);
  return {
    kind,
    index: view.getUint32(4, true),
    value: view.getInt32(8, true),
    note: bytes.length === HEADER ? "" : new TextDecoder().decode(bytes.subarray(HEADER)),
  };
}

/** Lets init go on, with what it needs to know (a zero byte is "nothing"). */
export function sendGo(socket: number, payload = ""): void {
  sendPacket(socket, new TextEncoder().encode(`${payload}\0`));
}

/** Texts that callers of runc match on stand alone; all else says which operation failed, where, and why. */
export function failureText(plan: Plan, message: InitMessage): string {
  if (message.note.startsWith("exec: ")) return message.note;
  if (message.note.startsWith("chdir to cwd")) return `${message.note}: ${strerror(message.value)}`;
  const op = plan[message.index];
  const hook = /^hooks\.(\w+)\[(\d+)\]$/.exec(op?.tag ?? "");
  if (hook) return `error running ${hook[1]} hook #${hook[2]}: error running hook: ${message.note}`;
  const place = op ? `${op.tag}: ` : "";
  return `error during container init: ${place}${message.note}: ${strerror(message.value)} (${errnoName(message.value)})`;
}
