/**
 * `create` as a function, for the shim of the same build: like those of plain.ts it saves the start of a program. What may
 * take its time or needs more of a process of its own (hooks, a terminal, a systemd unit, user namespaces, a seccomp
 * agent) is left to the command.
 */
import { messageOf, systemError } from "../errors/errors.ts";
import type { Spec } from "../oci/runtime-spec.ts";
import { createOptions } from "./commands/create.ts";
import { createContainer } from "./create_container.ts";
import { logMessage } from "./log.ts";
import { StateStore } from "./state/store.ts";
import { warnOfCapabilities } from "./warn_capabilities.ts";

export interface PlainCreate {
  id: string;
  bundle: string;
  pidFile: string;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** What the container's process gets as its streams. */
  stdio: readonly [number, number, number];
  /** Where the command would log to, as JSON. */
  log: string;
}

function isPlain({ hooks, linux, process }: Spec): boolean {
  const hooked = Object.values(hooks ?? {}).some((list) => list.length > 0);
  const users = linux?.namespaces?.some(({ type }) => type === "user") ?? false;
  return !hooked && !users && !process?.terminal && !linux?.seccomp?.listenerPath && !linux?.intelRdt;
}

/**
 * Creates a container, up to where it waits to be started. Returns false when that is the command's to do; nothing has
 * been done then. Errors: as the command logs them.
 */
export async function createPlain(root: string, request: PlainCreate): Promise<boolean> {
  const log = { file: request.log, json: true };
  const warn = (message: string) => logMessage(log, "warning", message);
  const { bundle, pidFile, noPivot, noNewKeyring, stdio } = request;
  try {
    const values = { bundle, "pid-file": pidFile, "no-pivot": noPivot, "no-new-keyring": noNewKeyring };
    const options = createOptions(values, true, false);
    if (!isPlain(options.spec)) return false;
    warnOfCapabilities(options.spec.process, warn);
    await createContainer(new StateStore(root), request.id, { ...options, stdio, warn, debug: () => {} });
    return true;
  } catch (cause) {
    const message = `runc create failed: ${messageOf(cause)}`;
    logMessage(log, "error", message);
    throw systemError(message, { cause });
  }
}
