import { isNotFound, systemError } from "../../errors/errors.ts";
import {
  type CallOptions,
  type Channel,
  connect,
  createClient,
  type ServiceClient,
} from "../../grpc/client.ts";
import { CheckpointOptions, Options } from "../../proto/containerd/runc/v1/options.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { EventsDefinition } from "../../proto/containerd/services/events/v1/events.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { VersionDefinition } from "../../proto/containerd/services/version/v1/version.ts";
import type { Process } from "../../proto/containerd/v1/types/task.ts";
import type { Timestamp } from "../../proto/google/protobuf/timestamp.ts";
import { rfc3339 } from "../time.ts";
import type {
  ContainerdClient,
  CreateContainer,
  CreateTask,
  ExecProcess,
  ExitStatus,
  ProcessInfo,
  ProcessStatus,
  RuntimeChoice,
  TaskEvent,
  TerminalSize,
} from "./client.ts";
import { subscribe } from "./events.ts";

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process";
const RESOURCES_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";
const RUNC_OPTIONS_TYPE = "containerd.runc.v1.Options";
const CHECKPOINT_OPTIONS_TYPE = "containerd.runc.v1.CheckpointOptions";

const STATUSES: readonly ProcessStatus[] = ["unknown", "created", "running", "stopped", "paused", "pausing"];

const json = (typeUrl: string, value: object) => ({ typeUrl, value: Buffer.from(JSON.stringify(value)) });

/** The runtime's options as the runc shims read them. */
function runtimeOptions(runtime: RuntimeChoice, checkpoint = "") {
  const value = Options.encode({
    binaryName: runtime.binary,
    root: runtime.root,
    systemdCgroup: runtime.systemdCgroup,
    criuImagePath: checkpoint,
  });
  return { typeUrl: RUNC_OPTIONS_TYPE, value };
}

const exitOf = (status: { exitStatus: number; exitedAt?: Timestamp | undefined }): ExitStatus => ({
  exitCode: status.exitStatus,
  exitedAt: rfc3339(status.exitedAt),
});

const processOf = (process: Process, id: string, execID: string): ProcessInfo => ({
  id,
  execID,
  pid: process.pid,
  status: STATUSES[process.status] ?? "unknown",
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  terminal: process.terminal,
  ...exitOf(process),
});

/** containerd over its gRPC socket. */
export class GrpcContainerd implements ContainerdClient {
  readonly #channel: Channel;
  readonly #options: CallOptions;
  readonly #containers: ServiceClient<ContainersDefinition>;
  readonly #tasks: ServiceClient<TasksDefinition>;
  readonly #events: ServiceClient<EventsDefinition>;
  readonly #version: ServiceClient<VersionDefinition>;

  /** `socket` is a path; it is connected at the first call. */
  constructor(socket: string, namespace = "moby") {
    this.#channel = connect(socket);
    this.#options = { namespace };
    this.#containers = createClient(ContainersDefinition, this.#channel);
    this.#tasks = createClient(TasksDefinition, this.#channel);
    this.#events = createClient(EventsDefinition, this.#channel);
    this.#version = createClient(VersionDefinition, this.#channel);
  }

  async createContainer({ id, spec, runtime, labels = {} }: CreateContainer): Promise<void> {
    await this.#containers.create(
      {
        container: {
          id,
          labels,
          runtime: { name: runtime.shim, options: runtimeOptions(runtime) },
          spec: json(SPEC_TYPE, spec),
        },
      },
      this.#options,
    );
  }

  async deleteContainer(id: string): Promise<void> {
    await this.#containers.delete({ id }, this.#options).catch(unlessNotFound);
  }

  async listContainers(): Promise<string[]> {
    const { containers } = await this.#containers.list({}, this.#options);
    return containers.map((container) => container.id);
  }

  async createTask(request: CreateTask): Promise<number> {
    const { id, stdin, stdout, stderr, terminal, runtime, checkpoint } = request;
    const options = runtimeOptions(runtime, checkpoint);
    const task = { containerId: id, stdin, stdout, stderr, terminal, options };
    return (await this.#tasks.create(task, this.#options)).pid;
  }

  async start(id: string, execID = ""): Promise<number> {
    return (await this.#tasks.start({ containerId: id, execId: execID }, this.#options)).pid;
  }

  async deleteTask(id: string): Promise<ExitStatus> {
    return exitOf(await this.#tasks.delete({ containerId: id }, this.#options));
  }

  async deleteProcess(id: string, execID: string): Promise<ExitStatus> {
    return exitOf(await this.#tasks.deleteProcess({ containerId: id, execId: execID }, this.#options));
  }

  async process(id: string, execID = ""): Promise<ProcessInfo | undefined> {
    try {
      const { process } = await this.#tasks.get({ containerId: id, execId: execID }, this.#options);
      return process && processOf(process, id, execID);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async listTasks(): Promise<ProcessInfo[]> {
    const { tasks } = await this.#tasks.list({}, this.#options);
    // containerd's list gives the task's id as `id` and may leave container_id empty.
    return tasks.map((task) => processOf(task, task.containerId || task.id, ""));
  }

  async kill(id: string, signal: number, options: { execID?: string; all?: boolean } = {}): Promise<void> {
    const { execID = "", all = false } = options;
    await this.#tasks.kill({ containerId: id, execId: execID, signal, all }, this.#options);
  }

  async exec(request: ExecProcess): Promise<void> {
    const { id, execID, stdin, stdout, stderr, terminal, process } = request;
    const spec = json(PROCESS_TYPE, process);
    await this.#tasks.exec(
      { containerId: id, execId: execID, stdin, stdout, stderr, terminal, spec },
      this.#options,
    );
  }

  async resize(id: string, execID: string, size: TerminalSize): Promise<void> {
    await this.#tasks.resizePty({ containerId: id, execId: execID, ...size }, this.#options);
  }

  async closeStdin(id: string, execID: string): Promise<void> {
    await this.#tasks.closeIO({ containerId: id, execId: execID, stdin: true }, this.#options);
  }

  async checkpoint(id: string, { folder, exit }: { folder: string; exit: boolean }): Promise<void> {
    const value = CheckpointOptions.encode({ exit, imagePath: folder });
    const options = { typeUrl: CHECKPOINT_OPTIONS_TYPE, value };
    await this.#tasks.checkpoint({ containerId: id, options }, this.#options);
  }

  async pause(id: string): Promise<void> {
    await this.#tasks.pause({ containerId: id }, this.#options);
  }

  async resume(id: string): Promise<void> {
    await this.#tasks.resume({ containerId: id }, this.#options);
  }

  async pids(id: string): Promise<number[]> {
    const { processes } = await this.#tasks.listPids({ containerId: id }, this.#options);
    return processes.map((process) => process.pid);
  }

  async metrics(id: string): Promise<{ typeUrl: string; value: Uint8Array } | undefined> {
    const { metrics } = await this.#tasks.metrics({ filters: [`id==${id}`] }, this.#options);
    return metrics.find((metric) => metric.id === id)?.data;
  }

  async update(id: string, resources: object): Promise<void> {
    await this.#tasks.update({ containerId: id, resources: json(RESOURCES_TYPE, resources) }, this.#options);
  }

  version(): Promise<{ version: string; revision: string }> {
    return this.#version.version({}, { ...this.#options, timeout: 10_000 });
  }

  events(signal: AbortSignal): AsyncIterable<TaskEvent> {
    const namespace = this.#options.namespace;
    if (namespace === undefined) throw systemError("containerd client has no namespace");
    return subscribe(this.#events, namespace, signal);
  }

  close(): void {
    this.#channel.close();
  }
}

function unlessNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
