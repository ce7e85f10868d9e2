/**
 * What the engine needs of containerd, in the engine's own words. One container has one task; a task has an init
 * process (exec id "") and any number of exec processes. Life of a task: createTask → startTask → exit event →
 * deleteTask (which waits until the shim has copied all output) → deleteContainer. Every call can fail with kind
 * "unavailable" while containerd is down; containers live on meanwhile.
 */
export interface ContainerdClient {
  /** Errors: exists. */
  createContainer(request: CreateContainer): Promise<void>;
  /** Removing what is not there is no error. */
  deleteContainer(id: string): Promise<void>;
  listContainers(): Promise<string[]>;
  /**
   * Makes the process up to the point where it waits for start; resolves to its pid on the host. One that comes from a
   * checkpoint has none (0) before it is started.
   */
  createTask(request: CreateTask): Promise<number>;
  /** Resolves to the pid. */
  start(id: string, execID?: string): Promise<number>;
  /** Errors: notFound, failedPrecondition while it runs. */
  deleteTask(id: string): Promise<ExitStatus>;
  deleteProcess(id: string, execID: string): Promise<ExitStatus>;
  /** undefined if there is no such task or process. */
  process(id: string, execID?: string): Promise<ProcessInfo | undefined>;
  listTasks(): Promise<ProcessInfo[]>;
  /** `all` signals every process of the container. Errors: notFound when it has exited. */
  kill(id: string, signal: number, options?: { execID?: string; all?: boolean }): Promise<void>;
  exec(request: ExecProcess): Promise<void>;
  resize(id: string, execID: string, size: TerminalSize): Promise<void>;
  closeStdin(id: string, execID: string): Promise<void>;
  /** Writes the state of its processes into a folder of this host, and ends them or not. */
  checkpoint(id: string, options: { folder: string; exit: boolean }): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  pids(id: string): Promise<number[]>;
  /** A message of io.containerd.cgroups.v1 or v2; undefined when there is no such task. */
  metrics(id: string): Promise<{ typeUrl: string; value: Uint8Array } | undefined>;
  /** `resources` is the runtime specification's linux.resources. */
  update(id: string, resources: object): Promise<void>;
  /** Errors: unavailable. */
  version(): Promise<{ version: string; revision: string }>;
  /**
   * What happens to tasks, for ever: reconnects by itself, and yields "connected" each time that a subscription
   * begins, upon which the caller must look for what it missed, and "disconnected" when one breaks. Ends when the signal is aborted.
   */
  events(signal: AbortSignal): AsyncIterable<TaskEvent>;
  close(): void;
}

export interface CreateContainer {
  id: string;
  /** The OCI runtime specification, as config.json holds it. */
  spec: object;
  runtime: RuntimeChoice;
  labels?: Record<string, string>;
}

/** Which OCI runtime the shim runs. */
export interface RuntimeChoice {
  /** The shim, as containerd names it. */
  shim: string;
  /** Absolute path of the OCI runtime; containerd's default if empty. */
  binary: string;
  /** Where the OCI runtime keeps its state; containerd's default if empty. */
  root: string;
  systemdCgroup: boolean;
}

/** Paths of FIFOs; empty for none. */
export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

export interface CreateTask extends StdioPaths {
  id: string;
  runtime: RuntimeChoice;
  /** Folder that checkpoint() has written. */
  checkpoint?: string;
}

export interface ExecProcess extends StdioPaths {
  id: string;
  execID: string;
  /** The runtime specification's process. */
  process: object;
}

export interface TerminalSize {
  width: number;
  height: number;
}

export interface ExitStatus {
  exitCode: number;
  /** RFC 3339 with nanoseconds, UTC. */
  exitedAt: string;
}

export type ProcessStatus = "unknown" | "created" | "running" | "stopped" | "paused" | "pausing";

export interface ProcessInfo extends ExitStatus, StdioPaths {
  id: string;
  execID: string;
  pid: number;
  status: ProcessStatus;
}

export type TaskEvent =
  | { kind: "connected" }
  | { kind: "disconnected" }
  /** execID is "" for the init process. */
  | ({ kind: "exit"; id: string; execID: string; pid: number } & ExitStatus)
  /** `at`: nanoseconds since 1970. */
  | { kind: "oom"; id: string; at: bigint }
  | { kind: "paused"; id: string }
  | { kind: "resumed"; id: string };
