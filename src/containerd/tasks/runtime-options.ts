import { Options } from "../../proto/containerd/runc/v1/options.ts";
import type { Any } from "../../proto/google/protobuf/any.ts";

const RUNC_OPTIONS = "containerd.runc.v1.Options";

/** Whether a runtime name's shim takes containerd.runc.v1.Options. */
const takesRuncOptions = (options: Any | undefined) =>
  options === undefined || options.typeUrl === "" || options.typeUrl.endsWith(RUNC_OPTIONS);

/**
 * The options that a runc shim gets: as the client gave them, with the daemon's runtime where they name
 * none. Options of another type are passed on untouched.
 */
export function withDefaultRuntime(options: Any | undefined, runtime: string): Any | undefined {
  if (!takesRuncOptions(options)) return options;
  const decoded = options && Options.decode(options.value);
  if (decoded?.binaryName) return options;
  const value = Options.encode({ ...decoded, binaryName: runtime });
  return { typeUrl: options?.typeUrl || RUNC_OPTIONS, value };
}
