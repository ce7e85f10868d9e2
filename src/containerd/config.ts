/** What docker-containerd was told: flags over config.toml over defaults. */
import { dirname, join, resolve } from "node:path";
import { invalidArgument } from "../errors/errors.ts";

export interface Config {
  root: string;
  state: string;
  /** Path of the gRPC socket; shims' events come in on the same with ".ttrpc". */
  socket: string;
  /** The shim for runc runtimes; empty: docker-containerd-shim beside this program, or along PATH. */
  shim: string;
  /** The OCI runtime for containers that name none; empty: docker-runc beside this program, or along PATH. */
  runtime: string;
  /** How many tasks share a shim process at most, where that is this build's; all end if it is killed. */
  tasksPerShim: number;
  debug: boolean;
  /** host:port for Prometheus; empty for none. */
  metricsAddress: string;
  /** Seconds between two samples of the containers' metrics; 0: at each request. */
  metricsInterval: number;
  socketUid: number;
  socketGid: number;
  /** The daemon's oom_score_adj; 0 leaves it as it is. */
  oomScore: number;
}

const DEFAULT_SOCKET = "/run/containerd/containerd.sock";

export const DEFAULTS: Config = {
  root: "/var/lib/containerd",
  state: "/run/containerd",
  socket: DEFAULT_SOCKET,
  shim: "",
  runtime: "",
  tasksPerShim: 1,
  debug: false,
  metricsAddress: "",
  metricsInterval: 0,
  socketUid: 0,
  socketGid: 0,
  oomScore: 0,
};

/** The path that `unix:///path`, `unix:path` or a path names. Errors: invalidArgument for anything else. */
export function socketPath(address: string): string {
  const path = address.replace(/^unix:(\/\/)?/, "");
  if (!path.startsWith("/"))
    throw invalidArgument(`listen address ${JSON.stringify(address)}: give unix:///PATH or an absolute path`);
  return resolve(path);
}

/** "15s", "2m" or plain seconds, in seconds. Errors: invalidArgument. */
export function parseInterval(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text);
  if (!match) throw invalidArgument(`interval ${JSON.stringify(text)}: give for example 15s or 2m`);
  const factor = { ms: 0.001, s: 1, "": 1, m: 60, h: 3600 }[match[2] as "ms" | "s" | "m" | "h" | ""];
  return Number(match[1]) * factor;
}

/** Lays parts over the defaults. The sockets' folder follows `state` unless a socket is given. */
export function mergeConfig(...parts: Partial<Config>[]): Config {
  const merged: Config = Object.assign({ ...DEFAULTS }, ...parts.map(withoutUndefined));
  return {
    ...merged,
    root: resolve(merged.root),
    state: resolve(merged.state),
    socket: socketPath(merged.socket),
  };
}

function withoutUndefined(part: Partial<Config>): Partial<Config> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}

/** Where the daemon keeps what; the names are containerd's, so that a person finds their way. */
export function layout(config: Config) {
  return {
    lock: config.root,
    database: join(config.root, "io.containerd.metadata.v1.sqlite", "meta.db"),
    content: join(config.root, "io.containerd.content.v1.content"),
    snapshots: (snapshotter: string) => join(config.root, `io.containerd.snapshotter.v1.${snapshotter}`),
    bundles: join(config.state, "io.containerd.runtime.v2.task"),
    work: join(config.root, "io.containerd.runtime.v2.task"),
    uuid: join(config.root, "io.containerd.grpc.v1.introspection", "uuid"),
    ttrpcSocket: `${config.socket}.ttrpc`,
    socketFolder: dirname(config.socket),
  };
}

export type Layout = ReturnType<typeof layout>;
