/** Checkpoints of containers: folders of CRIU's images, by default below the container's own folder. */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { invalidArgument, messageOf, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";

export interface CheckpointRequest {
  id: string;
  /** Where the client keeps its checkpoints; "" for the container's own folder. */
  folder: string;
  /** End the container with it. */
  exit: boolean;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

function checkpointsOf(container: Container, folder: string): string {
  if (folder === "") return container.file("checkpoints");
  if (!isAbsolute(folder)) throw invalidArgument(`checkpoint directory ${folder}: want an absolute path`);
  return join(folder, container.id, "checkpoints");
}

function checkName(id: string): void {
  if (!NAME.test(id))
    throw systemError(`Invalid checkpoint ID (${id}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** The folder of a checkpoint that is there. Errors, in stock's words: system. */
export function checkpointFolder(container: Container, folder: string, id: string): string {
  checkName(id);
  const path = join(checkpointsOf(container, folder), id);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw systemError(`checkpoint ${id} does not exist for container /${container.name}`);
  if (!stat.isDirectory()) throw systemError(`${path} exists and is not a directory`);
  return path;
}

/** Errors: system, as stock has them, among them what CRIU says; then no folder is left. */
export async function createCheckpoint(
  env: Env,
  container: Container,
  name: string,
  request: CheckpointRequest,
): Promise<void> {
  if (!container.state.hasTask) throw systemError(`Container ${name} not running`);
  checkName(request.id);
  const path = join(checkpointsOf(container, request.folder), request.id);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw systemError(
      `cannot checkpoint container ${name}: checkpoint with name ${request.id} already exists for container ${name}`,
    );
  mkdirSync(path, { recursive: true, mode: 0o700 });
  try {
    await env.containerd.checkpoint(container.id, { folder: path, exit: request.exit });
  } catch (cause) {
    rmSync(path, { recursive: true, force: true });
    throw systemError(`Cannot checkpoint container ${name}: ${messageOf(cause)}`, { cause });
  }
  publish(env, container, "checkpoint");
}

/** The names of a container's checkpoints. */
export function listCheckpoints(container: Container, folder: string): string[] {
  const path = checkpointsOf(container, folder);
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Removes a checkpoint. Errors: ENOENT; invalidArgument for an id that is none. */
export function removeCheckpoint(container: Container, folder: string, id: string): void {
  rmSync(checkpointFolder(container, folder, id), { recursive: true });
}
