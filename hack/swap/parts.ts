/** The parts of the chain, each with a stock counterpart, and every way to put them together. */
import { join } from "node:path";
import { isHybrid, isUnified } from "./layout.ts";

export const CLIS = ["stock CLI", "our CLI"] as const;
const DOCKERDS = ["our dockerd", "stock dockerd"] as const;
const CONTAINERDS = ["our containerd", "stock containerd"] as const;
const SHIMS = ["our shim", "stock shim"] as const;
export const RUNTIMES = ["docker-runc", "runc", "crun"] as const;

export type CliName = (typeof CLIS)[number];
export type RuntimeName = (typeof RUNTIMES)[number];

/** The daemons of a cell; the client and the runtime vary on one and the same. */
export interface Daemons {
  dockerd: (typeof DOCKERDS)[number];
  containerd: (typeof CONTAINERDS)[number];
  shim: (typeof SHIMS)[number];
}

export interface Cell {
  daemons: Daemons;
  cli: CliName;
  runtime: RuntimeName;
}

/** Every combination of daemons. */
export function allDaemons(): Daemons[] {
  return DOCKERDS.flatMap((dockerd) =>
    CONTAINERDS.flatMap((containerd) => SHIMS.map((shim) => ({ dockerd, containerd, shim }))),
  );
}

/** Every client with every one of the runtimes, on given daemons. */
export function cellsOn(daemons: Daemons, runtimes: readonly RuntimeName[]): Cell[] {
  return runtimes.flatMap((runtime) => CLIS.map((cli) => ({ daemons, cli, runtime })));
}

export const nameOf = ({ daemons, cli, runtime }: Cell): string =>
  [cli, daemons.dockerd, daemons.containerd, daemons.shim, runtime].join(" + ");

/** Where a runtime's program is; undefined when it is not installed. */
export function runtimePath(name: RuntimeName, bin: string): string | undefined {
  return name === "docker-runc" ? join(bin, name) : (Bun.which(name) ?? undefined);
}

/** Why a runtime cannot run on this machine whatever stands above it; undefined when it can. */
export function impossible(name: RuntimeName, bin: string): string | undefined {
  if (runtimePath(name, bin) === undefined) return `${name} is not installed`;
  if (name === "crun" && isHybrid())
    return "crun says `cgroups in hybrid mode not supported, drop all controllers from cgroupv2`";
  return undefined;
}

/** What a combination cannot do for its stock parts' sake. */
export interface Lack {
  command: string;
  reason: string;
}

/** Dockerd 20.10 says 0 for each limit that is to stay, and crun writes that down where control groups are of version 1. */
export function lackOf({ daemons, runtime }: Cell): Lack | undefined {
  if (daemons.dockerd !== "stock dockerd" || runtime !== "crun" || isUnified()) return undefined;
  const reason =
    "but for `docker update`, which does not work with stock parts alone either: dockerd 20.10 sends 0 for each limit " +
    "that is to stay, and crun says ``writing file `memory.limit_in_bytes`: Device or resource busy``";
  return { command: "update", reason };
}
