import { failedPrecondition } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { type Cli, print } from "../cli.ts";
import { command } from "../command.ts";
import { attend } from "../run/attach.ts";
import { holdFifos, makeFifos, removeFifos } from "../run/fifos.ts";
import { ProcessIO } from "../run/process-io.ts";
import { parseUser } from "../run/spec.ts";

const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process";

async function containerSpec(cli: Cli, id: string): Promise<Spec> {
  const { container } = await cli.client(ContainersDefinition).get({ id }, cli.call);
  return JSON.parse(Buffer.from(container?.spec?.value ?? "{}").toString()) as Spec;
}

export const exec = command({
  summary: "Run another process in a task",
  usage: "[flags] CONTAINER COMMAND [ARG...]",
  flags: {
    "exec-id": { kind: "string", help: "Its id, instead of a random one", value: "ID" },
    tty: { kind: "bool", short: "t", help: "Give it a terminal" },
    detach: { kind: "bool", short: "d", help: "Do not wait for it" },
    cwd: { kind: "string", help: "Its working folder", value: "PATH" },
    user: { kind: "string", help: "Its user, as numbers", value: "UID[:GID]" },
    env: { kind: "list", help: "A variable of its environment, NAME=VALUE" },
    "log-uri": { kind: "string", help: "Send its output there, such as file:///var/log/x", value: "URI" },
    "fifo-dir": { kind: "string", help: "Where the FIFOs of its streams are made", value: "FOLDER" },
  },
  min: 2,
  passRest: true,
  async run(cli, { flags, args: [containerId, ...args] }) {
    const { process: inherited } = await containerSpec(cli, containerId!);
    if (!inherited) throw failedPrecondition(`container ${containerId} has no process in its specification`);
    const terminal = flags.tty ?? false;
    const process = {
      ...inherited,
      args,
      terminal,
      cwd: flags.cwd ?? inherited.cwd,
      env: [...(inherited.env ?? []), ...(flags.env ?? [])],
      ...(flags.user === undefined ? {} : { user: parseUser(flags.user) }),
    };
    const target = {
      containerId: containerId!,
      execId: flags["exec-id"] ?? `exec-${Date.now().toString(36)}`,
    };
    const spec = { typeUrl: PROCESS_TYPE, value: Buffer.from(JSON.stringify(process)) };
    const tasks = cli.client(TasksDefinition);
    const logURI = flags["log-uri"] ?? "";
    const paths =
      logURI === ""
        ? makeFifos(target.execId, terminal, flags["fifo-dir"])
        : { stdin: "", stdout: logURI, stderr: terminal ? "" : logURI, terminal };
    const io = flags.detach ? undefined : new ProcessIO(paths);
    const letGo = io ? () => {} : holdFifos(paths);
    try {
      await tasks.exec({ ...target, spec, ...paths }, cli.call);
      await tasks.start(target, cli.call);
    } catch (error) {
      await io?.finish();
      removeFifos(paths);
      throw error;
    } finally {
      letGo();
    }
    if (!io) {
      print(target.execId);
      return 0;
    }
    const code = await attend(cli, target, io);
    await tasks.deleteProcess(target, cli.call);
    return code;
  },
});

export const attach = command({
  summary: "Take over a task's streams, wait for its end, and delete it",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    const tasks = cli.client(TasksDefinition);
    const { process: paths } = await tasks.get({ containerId: containerId! }, cli.call);
    const code = await attend(cli, { containerId: containerId!, execId: "" }, new ProcessIO(paths!));
    await tasks.delete({ containerId: containerId! }, cli.call);
    return code;
  },
});
