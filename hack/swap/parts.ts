/** The parts of the chain, each with a stock counterpart, and every way to put them together. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const CLIS = ["stock CLI", "our CLI"] as const;
export const DOCKERDS = ["our dockerd", "stock dockerd"] as const;
export const CONTAINERDS = ["our containerd", "stock containerd"] as const;
export const SHIMS = ["our shim", "stock shim"] as const;
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

/** Every client with every runtime, on given daemons. */
export function cellsOn(daemons: Daemons): Cell[] {
  return RUNTIMES.flatMap((runtime) => CLIS.map((cli) => ({ daemons, cli, runtime })));
}

export const nameOf = ({ daemons, cli, runtime }: Cell): string =>
  [cli, daemons.dockerd, daemons.containerd, daemons.shim, runtime].join(" + ");

/** Where a runtime's program is; undefined when it is not installed. */
export function runtimePath(name: RuntimeName, bin: string): string | undefined {
  return name === "docker-runc" ? join(bin, name) : (Bun.which(name) ?? undefined);
}

const UNIFIED = "/sys/fs/cgroup/unified/cgroup.controllers";

/** Why a runtime cannot run on this machine whatever stands above it; undefined when it can. */
export function impossible(name: RuntimeName, bin: string): string | undefined {
  if (runtimePath(name, bin) === undefined) return `${name} is not installed`;
  const hybrid = existsSync(UNIFIED) && readFileSync(UNIFIED, "utf8").trim() !== "";
  if (name === "crun" && hybrid) return "crun refuses this kernel's hybrid cgroups";
  return undefined;
}
