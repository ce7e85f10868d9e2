/** Finds the programs that the daemon runs: shims and OCI runtimes. */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { invalidArgument, notFound } from "../../errors/errors.ts";

const SHIM = "docker-containerd-shim";
const RUNTIME = "docker-runc";

/** Runtime names that mean: the configured shim. */
const RUNC_NAMES = new Set([
  "",
  "io.containerd.runc.v2",
  "io.containerd.runc.v1",
  "io.containerd.runtime.v1.linux",
  "runc",
]);
const RUNTIME_NAME = /^(?:[\w-]+\.)+([\w-]+)\.(v\d+)$/;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A program beside this one, or along PATH. */
function search(name: string): string | undefined {
  const folders = [ownFolder(), ...(process.env["PATH"] ?? "").split(":")].filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function ownFolder(): string {
  const argv0 = process.argv0;
  return dirname(argv0.includes("/") ? argv0 : realpathSync(process.execPath));
}

function find(name: string, given: string, flag: string): string {
  if (given.includes("/")) {
    if (isProgram(given)) return realpathOf(given);
    throw notFound(
      `${name} not installed on system: ${given} is not an executable file (given with ${flag})`,
    );
  }
  const found = search(given || name);
  if (found) return found;
  throw notFound(
    `${name} not installed on system: ${given || name} not found in PATH=${process.env["PATH"] ?? ""} (give it with ${flag} PATH)`,
  );
}

/** Absolute, but with symbolic links kept: the name by which it is called matters. */
function realpathOf(path: string): string {
  return join(realpathSync(dirname(path)), path.slice(path.lastIndexOf("/") + 1));
}

/** The programs by default, both found before anything else is done. Errors: notFound, in one line. */
export function findPrograms(given: { shim: string; runtime: string }): Programs {
  return new Programs(find(SHIM, given.shim, "--shim"), find(RUNTIME, given.runtime, "--runtime"));
}

/** Which programs run containers, by the name of a runtime. */
export class Programs {
  /** The shim for runc runtimes. */
  readonly shim: string;
  /** The OCI runtime that such a shim calls when a container's options name none. */
  readonly runtime: string;

  constructor(shim: string, runtime: string) {
    this.shim = shim;
    this.runtime = runtime;
  }

  /**
   * The shim for a container's runtime name: a runc name, the path of a shim, or io.containerd.NAME.vN for
   * containerd-shim-NAME-vN. Errors: invalidArgument, notFound.
   */
  shimFor(runtimeName: string): string {
    if (RUNC_NAMES.has(runtimeName)) return this.shim;
    if (runtimeName.startsWith("/")) return find(runtimeName, runtimeName, "the container's runtime");
    const match = RUNTIME_NAME.exec(runtimeName);
    if (!match)
      throw invalidArgument(
        `invalid runtime name ${runtimeName}, correct runtime name should be either format like \`io.containerd.runc.v1\` or a full path to the binary: invalid argument`,
      );
    const name = `containerd-shim-${match[1]}-${match[2]}`;
    const found = search(name);
    if (found) return found;
    throw notFound(
      `runtime ${JSON.stringify(runtimeName)} binary not installed ${JSON.stringify(name)}: not found in PATH=${process.env["PATH"] ?? ""}`,
    );
  }
}
