import type { Client } from "../../ttrpc/client.ts";
import type { Bundle } from "./bundle.ts";
import type { TaskClient } from "./task-client.ts";

export interface InitExit {
  pid: number;
  exitStatus: number;
  exitedAt: { seconds: bigint; nanos: number } | undefined;
}

/** A task: a bundle and the connection to the shim that serves it. What it does is known to the shim alone. */
export interface Task {
  readonly namespace: string;
  readonly id: string;
  readonly bundle: Bundle;
  readonly shim: string;
  /** Where the shim serves; several tasks may share one. */
  readonly address: string;
  readonly connection: Client;
  readonly rpc: TaskClient;
  readonly stopLog: () => void;
  /** Of the init process; undefined until the task is created, 0 while it waits to be restored from a checkpoint. */
  pid: number | undefined;
  /** Set while it is being deleted: the connection may then close without the shim being dead. */
  deleting: boolean;
  /** Set once its place in the shim is given back. */
  left: boolean;
  /** The init process's exit, once its event has passed. */
  exit: InitExit | undefined;
}

export const taskKey = (namespace: string, id: string) => `${namespace}/${id}`;
