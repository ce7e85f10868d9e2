/**
 * Sockets that systemd has opened for us (-H fd://). Bun's HTTP server cannot serve a descriptor, so each connection
 * is relayed to a private socket on which it can; SIGIO tells of new ones, nothing polls.
 */
import { rmSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import type { Socket } from "bun";
import { failedPrecondition } from "../../errors/errors.ts";
import { acceptWaiting, signalConnections } from "../../linux/accept.ts";

/** The first descriptor that systemd passes on. */
const FIRST = 3;

/** The descriptors of -H fd://, or the one of -H fd://N. Errors: failedPrecondition when there is none. */
export function activatedSockets(which: string): number[] {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  const count = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS) : 0;
  const all = Array.from({ length: count }, (_, i) => FIRST + i);
  if (count === 0) {
    throw failedPrecondition(
      "no sockets found via socket activation: make sure the service was started by systemd, or name a unix:// or tcp:// address with -H",
    );
  }
  if (which === "" || which === "*") return all;
  const wanted = all.filter((fd) => String(fd) === which);
  if (wanted.length === 0) throw failedPrecondition(`socket activation has not passed descriptor ${which}`);
  return wanted;
}

/** Serves connections of the descriptors; resolves to the function that stops taking them. */
export async function serveActivated(server: Server, fds: number[], folder: string): Promise<() => void> {
  const path = join(folder, `activation-${process.pid}.sock`);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  const take = () => {
    for (const listener of fds) {
      for (let fd = acceptWaiting(listener); fd !== undefined; fd = acceptWaiting(listener))
        void relay(fd, path);
    }
  };
  process.on("SIGIO", take);
  for (const fd of fds) signalConnections(fd);
  take();
  return () => {
    process.off("SIGIO", take);
    server.close();
    rmSync(path, { force: true });
  };
}

/** One end of a relayed connection. */
interface End {
  peer: Socket<End> | undefined;
  /** What the peer has not taken yet. */
  waiting: Uint8Array;
  ended: boolean;
}

const newEnd = (): End => ({ peer: undefined, waiting: new Uint8Array(0), ended: false });

/** Moves bytes both ways, with back-pressure and half-close. */
async function relay(fd: number, path: string): Promise<void> {
  const socket = {
    data(from: Socket<End>, chunk: Buffer) {
      const end = from.data;
      const taken = end.waiting.length > 0 ? 0 : (end.peer?.write(chunk) ?? 0);
      if (taken === chunk.length) return;
      end.waiting = Buffer.concat([end.waiting, chunk.subarray(Math.max(0, taken))]);
      from.pause();
    },
    drain(to: Socket<End>) {
      const from = to.data.peer;
      if (!from) return;
      const end = from.data;
      if (end.waiting.length > 0) end.waiting = end.waiting.subarray(Math.max(0, to.write(end.waiting)));
      if (end.waiting.length > 0) return;
      if (end.ended) to.shutdown();
      else from.resume();
    },
    end(from: Socket<End>) {
      from.data.ended = true;
      if (from.data.waiting.length === 0) from.data.peer?.shutdown();
    },
    close(from: Socket<End>) {
      from.data.peer?.end();
    },
    error(from: Socket<End>) {
      from.data.peer?.terminate();
    },
  };
  const inner = await Bun.connect<End>({ unix: path, data: newEnd(), socket, allowHalfOpen: true });
  // Bun connects descriptors, though its types do not say so.
  const options = { fd, data: newEnd(), socket, allowHalfOpen: true };
  const outer = await Bun.connect<End>(options as unknown as Bun.UnixSocketOptions<End>);
  inner.data.peer = outer;
  outer.data.peer = inner;
}
