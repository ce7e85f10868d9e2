/** Hooks that run in docker-runc's own namespaces: prestart, createRuntime, poststart, poststop. */
import { messageOf, systemError } from "../errors/errors.ts";
import { closeFd, readToEnd } from "../linux/fd.ts";
import { kill } from "../linux/kill.ts";
import { memoryFile, rewind, sealedFile } from "../linux/memfd.ts";
import { spawn } from "../linux/spawn.ts";
import { reapOne, waitFor } from "../linux/wait.ts";
import type { ContainerStatus, Hook, State } from "../oci/runtime-spec.ts";
import type { ContainerRecord } from "./state/store.ts";

const SIGKILL = 9;

/** The state document that a hook reads from its stdin. */
export function stateFor(record: ContainerRecord, status: ContainerStatus): State {
  return {
    ociVersion: record.ociVersion,
    id: record.id,
    status,
    ...(status === "stopped" ? {} : { pid: record.pid }),
    bundle: record.bundle,
    ...(record.spec.annotations ? { annotations: record.spec.annotations } : {}),
  };
}

/** Waits for the child, for so many seconds at most; undefined when the time is up. */
function waitSeconds(pid: number, seconds: number | undefined): number | undefined {
  if (!seconds) return waitFor(pid);
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const child = reapOne(pid);
    if (child) return child.status;
    Bun.sleepSync(5);
  }
  return undefined;
}

/** What a hook without an environment of its own gets. */
const ownEnvironment = () => Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`);

/** What a hook printed, for the error message. */
function printed(fd: number): string {
  rewind(fd);
  const text = new TextDecoder().decode(readToEnd(fd)).trim();
  return text === "" ? "" : `: ${text}`;
}

function runHook(hook: Hook, tag: string, state: string): void {
  const input = sealedFile("state", new TextEncoder().encode(state));
  const output = memoryFile("output");
  rewind(input);
  try {
    const argv = hook.args?.length ? hook.args : [hook.path];
    const pid = spawn({
      path: hook.path,
      argv,
      env: hook.env ?? ownEnvironment(),
      fds: [input, output, output],
    });
    const status = waitSeconds(pid, hook.timeout);
    if (status === undefined) {
      kill(pid, SIGKILL);
      waitFor(pid);
      throw systemError(`hook ran longer than ${hook.timeout} s`);
    }
    if (status !== 0) throw systemError(`exit status ${status}${printed(output)}`);
  } catch (error) {
    throw systemError(`error running ${tag}: error running hook: ${hook.path}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    closeFd(input);
    closeFd(output);
  }
}

function runAll(
  kind: "prestart" | "createRuntime" | "poststart" | "poststop",
  record: ContainerRecord,
  state: string,
): void {
  (record.spec.hooks?.[kind] ?? []).forEach((hook, i) => {
    runHook(hook, `${kind} hook #${i}`, state);
  });
}

/** The hooks before the root changes; returns the state, which init passes to those that it runs itself. */
export function runRuntimeHooks(record: ContainerRecord): string {
  const state = JSON.stringify(stateFor(record, "creating"));
  runAll("prestart", record, state);
  runAll("createRuntime", record, state);
  return state;
}

/** Throws for the first poststart hook that fails. */
export function runPoststart(record: ContainerRecord): void {
  runAll("poststart", record, JSON.stringify(stateFor(record, "running")));
}

/** Runs all poststop hooks; one that fails is told about and does not hold up the others. */
export function runPoststop(record: ContainerRecord, warn: (message: string) => void): void {
  const state = JSON.stringify(stateFor(record, "stopped"));
  (record.spec.hooks?.poststop ?? []).forEach((hook, i) => {
    try {
      runHook(hook, `poststop hook #${i}`, state);
    } catch (error) {
      warn(messageOf(error));
    }
  });
}
