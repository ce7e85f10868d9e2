import { invalidArgument, isNotFound } from "../../errors/errors.ts";
import { type CallContext, service } from "../../grpc/server.ts";
import { Options } from "../../proto/containerd/runc/v1/options.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { StateResponse } from "../../proto/containerd/task/v2/shim.ts";
import type { ContentStore } from "../content/store.ts";
import { compileFilters } from "../filters/filter.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import type { LeaseStore } from "../metadata/leases.ts";
import { checkIdentifier, namespaceOf, within } from "../metadata/validate.ts";
import type { TaskManager } from "../tasks/manager.ts";
import type { Task } from "../tasks/task.ts";
import { now } from "../timestamp.ts";

/** A shim that hangs must not keep a list of all tasks from being made. */
const LIST_TIMEOUT = 5_000;

const processOf = (containerId: string, state: StateResponse) => ({
  containerId,
  id: state.execId || state.id,
  pid: state.pid,
  status: state.status,
  stdin: state.stdin,
  stdout: state.stdout,
  stderr: state.stderr,
  terminal: state.terminal,
  exitStatus: state.exitStatus,
  exitedAt: state.exitedAt,
});

async function processesOf(tasks: Task[]) {
  const ask = async (task: Task) => {
    try {
      return processOf(task.id, await task.rpc.state({ id: task.id }, { timeout: LIST_TIMEOUT }));
    } catch {
      // Deleted meanwhile, or its shim is dead and about to be cleaned up.
      return undefined;
    }
  };
  return (await Promise.all(tasks.map(ask))).filter((process) => process !== undefined);
}

function readMetricField(task: Task, path: readonly string[]): string | undefined {
  return path[0] === "id" ? task.id : path[0] === "namespace" ? task.namespace : undefined;
}

async function metricsOf(tasks: Task[], signal: AbortSignal) {
  const ask = async (task: Task) => {
    try {
      const { stats } = await task.rpc.stats({ id: task.id }, { timeout: LIST_TIMEOUT, signal });
      return { timestamp: now(), id: task.id, data: stats };
    } catch (error) {
      if (!isNotFound(error) && tasks.length === 1) throw error;
      return undefined;
    }
  };
  return (await Promise.all(tasks.map(ask))).filter((metric) => metric !== undefined);
}

/** Almost every call is the shim's to answer: this passes it on under the shim's names. */
export const tasksService = (
  manager: TaskManager,
  containers: ContainerStore,
  content: ContentStore,
  leases: LeaseStore,
) =>
  service(TasksDefinition, () => {
    const taskOf = (containerId: string, context: CallContext) => {
      const namespace = namespaceOf(context);
      // A task whose container was deleted under it can still be ended. Where there is neither, the error that clients
      // expect is that of the container.
      if (!manager.has(namespace, containerId)) containers.get(namespace, containerId);
      return manager.get(namespace, containerId);
    };
    return {
      async create(request, context) {
        const namespace = namespaceOf(context);
        const container = containers.get(namespace, request.containerId);
        // A request without options has those of its container.
        const options = request.options?.value.length ? request.options : container.runtime?.options;
        const images = options ? Options.decode(options.value).criuImagePath : "";
        const prepare = async (bundle: string) => {
          if (!request.checkpoint && images === "") return "";
          const { restoreFolder } = await import("../tasks/checkpoint.ts");
          return restoreFolder(content, namespace, bundle, images, request.checkpoint);
        };
        const task = await manager.create(namespace, container, request, context.signal, prepare);
        return { containerId: task.id, pid: task.pid ?? 0 };
      },
      async start({ containerId, execId }, context) {
        const task = taskOf(containerId, context);
        const { pid } = await task.rpc.start({ id: containerId, execId });
        if (execId === "") task.pid = pid;
        return { pid };
      },
      async delete({ containerId }, context) {
        taskOf(containerId, context);
        const { pid, exitStatus, exitedAt } = await manager.delete(namespaceOf(context), containerId);
        return { id: containerId, pid, exitStatus, exitedAt };
      },
      async deleteProcess({ containerId, execId }, context) {
        const { rpc } = taskOf(containerId, context);
        const { pid, exitStatus, exitedAt } = await rpc.delete({ id: containerId, execId });
        return { id: execId, pid, exitStatus, exitedAt };
      },
      async get({ containerId, execId }, context) {
        const state = await taskOf(containerId, context).rpc.state({ id: containerId, execId });
        return { process: processOf(containerId, state) };
      },
      list: async (_, context) => ({ tasks: await processesOf(manager.list(namespaceOf(context))) }),
      kill: ({ containerId, execId, signal, all }, context) =>
        taskOf(containerId, context).rpc.kill({ id: containerId, execId, signal, all }),
      exec({ containerId, execId, stdin, stdout, stderr, terminal, spec }, context) {
        if (execId === "") throw invalidArgument("exec id cannot be empty");
        const { rpc } = taskOf(containerId, context);
        within(`invalid exec id ${execId}`, () => checkIdentifier(execId));
        return rpc.exec({
          ...{ id: containerId, execId, stdin, stdout, stderr, terminal },
          ...(spec ? { spec } : {}),
        });
      },
      resizePty: ({ containerId, execId, width, height }, context) =>
        taskOf(containerId, context).rpc.resizePty({ id: containerId, execId, width, height }),
      closeIO: ({ containerId, execId, stdin }, context) =>
        taskOf(containerId, context).rpc.closeIO({ id: containerId, execId, stdin }),
      pause: ({ containerId }, context) => taskOf(containerId, context).rpc.pause({ id: containerId }),
      resume: ({ containerId }, context) => taskOf(containerId, context).rpc.resume({ id: containerId }),
      listPids: ({ containerId }, context) => taskOf(containerId, context).rpc.pids({ id: containerId }),
      async checkpoint({ containerId, options }, context) {
        const task = taskOf(containerId, context);
        const { spec } = containers.get(task.namespace, containerId);
        const { checkpointTask } = await import("../tasks/checkpoint.ts");
        const { lease, signal } = context;
        const descriptors = await checkpointTask(content, task, { options, spec, signal });
        if (lease !== "")
          for (const { digest } of descriptors)
            leases.addResource(task.namespace, lease, { type: "content", id: digest });
        return { descriptors };
      },
      update: ({ containerId, resources, annotations }, context) =>
        taskOf(containerId, context).rpc.update({
          ...{ id: containerId, annotations },
          ...(resources ? { resources } : {}),
        }),
      async metrics({ filters }, context) {
        const matches = compileFilters(filters, readMetricField);
        const tasks = manager.list(namespaceOf(context)).filter(matches);
        return { metrics: await metricsOf(tasks, context.signal) };
      },
      async wait({ containerId, execId }, context) {
        const { signal } = context;
        const { rpc } = taskOf(containerId, context);
        const { exitStatus, exitedAt } = await rpc.wait({ id: containerId, execId }, { signal });
        return { exitStatus, exitedAt };
      },
    };
  });
