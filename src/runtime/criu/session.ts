/**
 * One CRIU at work: `criu swrk 3`, spoken to over a packet socket.
 *
 *   docker-runc   request              what to do, with which options
 *   CRIU          NOTIFY script pid    a step is reached (perhaps with a descriptor); it waits for the answer
 *   docker-runc   NOTIFY success
 *   CRIU          the request's type   done, or failed; CRIU then ends
 */
import { systemError } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { packetPair, receivePacket, sendPacket } from "../../linux/seqpacket.ts";
import { spawn } from "../../linux/spawn.ts";
import { waitFor } from "../../linux/wait.ts";
import type { DeepPartial, MessageOf } from "../../protobuf/message.ts";
import { CriuRequest, CriuResponse, REQUEST, requestName } from "./messages.ts";
import { findCriu } from "./program.ts";

export type Request = DeepPartial<MessageOf<typeof CriuRequest>>;
/** The first of CRIU's error lines, in a few words; "" when there is none. */
export function firstError(lines: string): string {
  return /^(?:\(\d+\.\d+\)\s*)?(?:\d+:\s*)?Error (?:\([^)]*\): )?(.*)$/m.exec(lines)?.[1]?.trim() ?? "";
}

type Response = MessageOf<typeof CriuResponse>;

export interface Notification {
  script: string;
  pid: number;
  /** The receiver closes it. */
  fd?: number;
}

/** One CRIU process, and what it is asked. */
export class CriuSession {
  readonly pid: number;
  readonly #socket: number;
  #ended = false;

  /** Starts CRIU on three streams; `extra` become its descriptors from 4 on. */
  constructor(streams: readonly [number, number, number], extra: readonly number[] = []) {
    const { path, env } = findCriu();
    const [ours, theirs] = packetPair();
    this.#socket = ours;
    try {
      this.pid = spawn({ path, argv: [path, "swrk", "3"], env, fds: [...streams, theirs, ...extra] });
    } catch (error) {
      closeFd(ours);
      throw error;
    } finally {
      closeFd(theirs);
    }
  }

  /** Has CRIU do it, and waits for its end. A step whose handler throws is refused, and its error is thrown at the end. */
  run(request: Request, notified: (notification: Notification) => void): Response {
    try {
      sendPacket(this.#socket, CriuRequest.encode(request));
      const response = this.#converse(notified);
      if (!response.success) {
        const text = firstError(response.errorMessage);
        throw systemError(
          `criu failed: type ${requestName(response.type)} errno ${response.errno | 0}${text && `: ${text}`}`,
        );
      }
      const status = this.#end();
      // After a pre-dump it waits for the dump, which another CRIU makes.
      if (status !== 0 && response.type !== REQUEST.preDump)
        throw systemError(`criu failed: exit status ${status}`);
      return response;
    } finally {
      this.#end();
    }
  }

  #converse(notified: (notification: Notification) => void): Response {
    let failure: unknown;
    for (;;) {
      const packet = receivePacket(this.#socket);
      if (packet === undefined) throw failure ?? systemError("criu failed: it ended without an answer");
      const response = CriuResponse.decode(packet.bytes);
      const { notify } = response;
      if (response.type !== REQUEST.notify || notify === undefined) {
        if (failure !== undefined) throw failure;
        return response;
      }
      const fd = packet.fd === undefined ? {} : { fd: packet.fd };
      try {
        notified({ script: notify.script ?? "", pid: notify.pid ?? 0, ...fd });
      } catch (error) {
        failure ??= error;
      }
      const notifySuccess = failure === undefined ? 1 : 0;
      sendPacket(this.#socket, CriuRequest.encode({ type: REQUEST.notify, notifySuccess }));
    }
  }

  /** Hangs up, which ends CRIU, and returns its exit status. */
  #end(): number {
    if (this.#ended) return 0;
    this.#ended = true;
    closeFd(this.#socket);
    return waitFor(this.pid);
  }
}
