import { conflict, isNotFound, messageOf, notFound, systemError } from "../../../errors/errors.ts";
import type { Process } from "../../../oci/runtime-spec.ts";
import { appArmorFor } from "../create/security.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { fifoFolder } from "../io/fifo-folder.ts";
import { ProcessIO } from "../io/process-io.ts";
import { linkVariables } from "../lifecycle/links.ts";
import { startFailure } from "../lifecycle/start-error.ts";
import { resolveUser } from "../rootfs/user.ts";
import { environment, mergeEnvironment } from "../spec/build.ts";
import { capabilitiesFor, hostCapabilities } from "../spec/capabilities.ts";
import { refuseUnlessReady } from "./create.ts";
import { type Exec, toldCommand } from "./exec.ts";
import { endExec, publishExecDie } from "./exit.ts";

/** What a start gives for a failure without a code of its own, and what an exec gives for the same. */
const START_FAILED = 128;
const EXEC_FAILED = 126;

/** Claims the one start of an exec, before its connection is taken over. Errors: conflict, notFound. */
export function claimStart(exec: Exec): void {
  if (exec.status === "exited") throw conflict(`exec command ${exec.id} has already run`);
  if (exec.claimed) throw conflict(`exec ${exec.id} is already running`);
  if (exec.container.removed) throw notFound(`No such exec instance: ${exec.id}`);
  refuseUnlessReady(exec.container);
  exec.claimed = true;
}

/**
 * Starts the process of a claimed exec. `onError` gets the text for those who are attached before they are let go.
 * Errors: as the runtime gives them (invalidArgument, system).
 */
export function startExec(
  env: Env,
  exec: Exec,
  stdin: boolean,
  onError?: (text: Uint8Array) => void | Promise<void>,
): Promise<void> {
  exec.starting = start(env, exec, stdin, onError);
  return exec.starting;
}

async function start(
  env: Env,
  exec: Exec,
  stdin: boolean,
  onError: ((text: Uint8Array) => void | Promise<void>) | undefined,
): Promise<void> {
  const { container, config } = exec;
  const { id } = container;
  publish(env, container, `exec_start: ${toldCommand(config.Cmd ?? [])}`, { execID: exec.id });
  let io: ProcessIO | undefined;
  const wanted = { stdin, terminal: config.Tty === true };
  try {
    const process = processOf(env, exec);
    io = ProcessIO.create(fifoFolder(env, container), exec.id, wanted, {
      write: (stream, chunk) => exec.hub.write(stream, chunk),
    });
    await env.containerd.exec({ id, execID: exec.id, process, ...io.paths });
    exec.io = io;
    exec.pid = await env.containerd.start(id, exec.id);
    io.begin();
    io.stdin?.started();
    if (exec.status !== "created") return;
    exec.status = "running";
    // Its container has ended meanwhile.
    if (exec.exitCode !== undefined) await endExec(env, exec);
  } catch (cause) {
    throw await fail(env, exec, io, cause, onError);
  }
}

/** Cleans up after an exec that could not start, and tells why. */
async function fail(
  env: Env,
  exec: Exec,
  io: ProcessIO | undefined,
  cause: unknown,
  onError: ((text: Uint8Array) => void | Promise<void>) | undefined,
): Promise<Error> {
  const { exitCode: code, error } = startFailure(cause, "OCI runtime exec failed");
  const exitCode = code === START_FAILED ? EXEC_FAILED : code;
  exec.io = undefined;
  exec.exitCode = exitCode;
  exec.status = "exited";
  await env.containerd.deleteProcess(exec.container.id, exec.id).catch((failure) => {
    if (!isNotFound(failure)) env.log.debug("failed exec", { exec: exec.id, error: messageOf(failure) });
  });
  io?.abandon();
  await io?.finish(100);
  await onError?.(Buffer.from(`${messageOf(cause)}\r\n`));
  env.execs.ended(exec);
  exec.hub.end();
  publishExecDie(env, exec);
  return error.kind === "system" ? systemError(messageOf(cause), { cause }) : tidy(error, cause);
}

/** The runtime's own text is enough, without our context in front of it. */
function tidy(error: Error, cause: unknown): Error {
  error.message = error.message.replace(/^OCI runtime exec failed: /, "");
  return Object.assign(error, { cause });
}

function processOf(env: Env, exec: Exec): Process {
  const { container, config } = exec;
  const own = container.config;
  const user = resolveUser(
    `/proc/${container.state.pid}/root`,
    config.User || own.User || "",
    container.hostConfig.GroupAdd ?? [],
  );
  const capabilities = execCapabilities(exec);
  const apparmor = appArmorFor(container.facts.appArmorProfile);
  const process: Process = {
    terminal: config.Tty === true,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: config.Cmd ?? [],
    env: mergeEnvironment(
      environment({ ...own, Tty: config.Tty === true }, own.Hostname ?? "", linkVariables(env, container)),
      config.Env ?? [],
    ),
    cwd: config.WorkingDir || own.WorkingDir || "/",
    capabilities: {
      bounding: capabilities,
      effective: user.uid === 0 ? capabilities : [],
      permitted: user.uid === 0 ? capabilities : [],
    },
    ...(apparmor === "" ? {} : { apparmorProfile: apparmor }),
    noNewPrivileges: container.facts.noNewPrivileges,
    oomScoreAdj: container.hostConfig.OomScoreAdj ?? 0,
  };
  const size = exec.size ?? consoleSize(exec);
  if (config.Tty && size) process.consoleSize = size;
  return process;
}

function consoleSize({ config }: Exec): { height: number; width: number } | undefined {
  const [height = 0, width = 0] = config.ConsoleSize ?? [];
  return height > 0 && width > 0 ? { height, width } : undefined;
}

function execCapabilities({ container, config }: Exec): string[] {
  if (config.Privileged) return hostCapabilities();
  const { CapAdd, CapDrop, Privileged } = container.hostConfig;
  return capabilitiesFor(CapAdd ?? [], CapDrop ?? [], Privileged === true);
}
