import { invalidArgument } from "../errors/errors.ts";

/** The command line of a shim (containerd's runtime v2 contract). */
export interface Flags {
  namespace: string;
  id: string;
  /** containerd's gRPC address. */
  address: string;
  publishBinary: string;
  bundle: string;
  debug: boolean;
  version: boolean;
  /** "start", "delete", or "" to serve. */
  action: string;
}

const TEXT_FLAGS: Readonly<
  Record<string, "namespace" | "id" | "address" | "publishBinary" | "bundle" | undefined>
> = {
  namespace: "namespace",
  id: "id",
  address: "address",
  "publish-binary": "publishBinary",
  bundle: "bundle",
};

/** Parses flags as Go's flag package does: one dash or two, value after "=" or as the next argument. */
export function parseFlags(args: readonly string[]): Flags {
  const flags: Flags = {
    namespace: "",
    id: "",
    address: "",
    publishBinary: "",
    bundle: "",
    debug: false,
    version: false,
    action: "",
  };
  for (let i = 0; i < args.length; i++) {
    const [, name, , inline] = /^--?([a-z-]+)(=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined) {
      flags.action = args[i]!;
      break;
    }
    const key = TEXT_FLAGS[name];
    if (key !== undefined) {
      const value = inline ?? args[++i];
      if (value === undefined) throw invalidArgument(`flag needs an argument: -${name}`);
      flags[key] = value;
    } else if (name === "debug") flags.debug = inline !== "false";
    else if (name === "v" || name === "version") flags.version = true;
    else throw invalidArgument(`flag provided but not defined: -${name}`);
  }
  return flags;
}
