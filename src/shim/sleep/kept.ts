/** What a shim hands to itself over its sleep, through a file in memory. */
import { closeFd, readToEnd } from "../../linux/fd.ts";
import { rewind, sealedFile } from "../../linux/memfd.ts";
import type { KeptConnection } from "../../ttrpc/server.ts";
import type { KeptWatch } from "../cgroup/oom.ts";
import type { KeptService } from "../service.ts";
import { descriptorsOf } from "../stdio/stdio.ts";

/** A shim as data; numbers named for what they are open on are descriptors. */
export interface KeptShim {
  /** The container in its command line. */
  shown: string;
  /** The path of its socket. */
  socket: string;
  listener: number;
  connections: KeptConnection[];
  service: KeptService;
}

const POLLIN = 1;
const POLLPRI = 2;
/** sizeof(struct pollfd). */
const POLLFD_SIZE = 8;

interface Watched {
  fd: number;
  events: number;
}

function watchedOf(watch: KeptWatch): Watched[] {
  if (watch.version === 0) return [];
  return watch.version === 1
    ? [{ fd: watch.event, events: POLLIN }]
    : [{ fd: watch.events, events: POLLPRI }];
}

/** All descriptors that stay open, and those whose readiness ends the sleep. */
export function descriptorsOfShim(kept: KeptShim): { all: number[]; watched: Watched[] } {
  const streams = kept.service.flatMap(({ init, execs }) =>
    [init, ...execs].flatMap(({ io }) => (io === undefined ? [] : [descriptorsOf(io)])),
  );
  const readable = [
    kept.listener,
    ...kept.connections.map(({ fd }) => fd),
    ...streams.flatMap((stream) => stream.readable),
  ];
  const watches = kept.service.flatMap(({ watch }) => watchedOf(watch));
  return {
    all: [...readable, ...streams.flatMap(({ all }) => all), ...watches.map(({ fd }) => fd)],
    watched: [...readable.map((fd) => ({ fd, events: POLLIN })), ...watches],
  };
}

/** Writes the file: the number of watched descriptors, a struct pollfd for each, the shim as JSON. */
export function writeKept(kept: KeptShim, watched: readonly Watched[]): number {
  const text = new TextEncoder().encode(JSON.stringify(kept));
  const start = 4 + watched.length * POLLFD_SIZE;
  const content = new Uint8Array(start + text.length);
  const view = new DataView(content.buffer);
  view.setInt32(0, watched.length, true);
  watched.forEach(({ fd, events }, i) => {
    view.setInt32(4 + i * POLLFD_SIZE, fd, true);
    view.setInt16(8 + i * POLLFD_SIZE, events, true);
  });
  content.set(text, start);
  return sealedFile("docker-containerd-shim-state", content);
}

/** Reads what writeKept() wrote, and closes it. */
export function readKept(file: number): KeptShim {
  rewind(file);
  const content = readToEnd(file);
  closeFd(file);
  const count = new DataView(content.buffer, content.byteOffset).getInt32(0, true);
  return JSON.parse(new TextDecoder().decode(content.subarray(4 + count * POLLFD_SIZE))) as KeptShim;
}
