/** A shim spoken with past its containerd: for a person who wants to know what is wrong with one. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import { TaskDefinition } from "../../proto/containerd/task/v2/shim.ts";
import type { DeepPartial } from "../../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf } from "../../protobuf/service.ts";
import { Client } from "../../ttrpc/client.ts";
import { type Cli, print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { printJSON } from "../output.ts";
import { isFifo } from "../run/fifos.ts";
import { ProcessIO } from "../run/process-io.ts";

/** Where shims of this and of stock's build listen. */
const SOCKETS = "/run/containerd/s";
/** Of a shim that may be another container's, milliseconds. */
const LOOK_TIMEOUT = 2_000;
const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process";

const ID = { id: { kind: "string", help: "The container", value: "ID" } } as const;

type Methods = (typeof TaskDefinition)["methods"];

/** A shim's socket is named by who started it and for which container. */
function socketOf(cli: Cli, id: string): string {
  const name = [cli.socket, cli.namespace, id].join("/").replace(/\/{2,}/g, "/");
  return `${SOCKETS}/${new Bun.CryptoHasher("sha256").update(name).digest("hex")}`;
}

function idOf({ id }: { id?: string }): string {
  if (id === undefined || id === "") throw invalidArgument("container id must be provided: give --id");
  return id;
}

type Ask = <K extends keyof Methods>(
  method: K,
  request: DeepPartial<RequestOf<Methods[K]>>,
  /** Milliseconds. */
  timeout?: number,
) => Promise<ResponseOf<Methods[K]>>;

/** Opens a connection for as long as `use` lasts. Errors: unavailable when no shim has that container. */
async function withShim<T>(cli: Cli, id: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const client = await connectTo(cli, id);
  try {
    return await use(askOf(client));
  } finally {
    client.close();
  }
}

/** By the socket's name, or, as shims of docker-containerd may have had another container before, by asking around. */
async function connectTo(cli: Cli, id: string): Promise<Client> {
  try {
    return await Client.connect(socketOf(cli, id));
  } catch (error) {
    for (const name of existsSync(SOCKETS) ? readdirSync(SOCKETS) : []) {
      const client = await Client.connect(join(SOCKETS, name)).catch(() => undefined);
      if (!client) continue;
      const state = await askOf(client)("state", { id }, LOOK_TIMEOUT).catch(() => undefined);
      if (state?.bundle.endsWith(`/${cli.namespace}/${id}`)) return client;
      client.close();
    }
    throw error;
  }
}

function askOf(client: Client): Ask {
  const ask = async (key: keyof Methods, partial: object, timeout?: number) => {
    const { name, requestType, responseType }: MethodDefinition = TaskDefinition.methods[key];
    const payload = requestType.encode(partial);
    return responseType.decode(
      await client.call(TaskDefinition.fullName, name, payload, timeout ? { timeout } : {}),
    );
  };
  return ask as Ask;
}

const start = command({
  summary: "Start a container that has a task",
  usage: "",
  flags: ID,
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const id = idOf(flags);
    await withShim(cli, id, (ask) => ask("start", { id }));
    return undefined;
  },
});

const remove = command({
  aliases: ["del", "remove", "rm"],
  summary: "Delete a container with its task",
  usage: "",
  flags: ID,
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const id = idOf(flags);
    const { pid, exitStatus } = await withShim(cli, id, (ask) => ask("delete", { id }));
    print(`container deleted and returned ${pid} ${exitStatus}`);
    return undefined;
  },
});

const state = command({
  summary: "Show the state of a task's first process",
  usage: "",
  flags: ID,
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const id = idOf(flags);
    printJSON(await withShim(cli, id, (ask) => ask("state", { id })));
    return undefined;
  },
});

const exec = command({
  summary: "Run another process in the task's container",
  usage: "[flags] EXEC-ID COMMAND [ARG...]",
  flags: {
    ...ID,
    stdin: { kind: "string", help: "FIFO for its input", value: "PATH" },
    stdout: { kind: "string", help: "FIFO for its output", value: "PATH" },
    stderr: { kind: "string", help: "FIFO for its errors", value: "PATH" },
    tty: { kind: "bool", short: "t", help: "Give it a terminal" },
    attach: { kind: "bool", short: "a", help: "Open the FIFOs, and wait for its end" },
    env: { kind: "list", short: "e", help: "A variable of its environment, NAME=VALUE" },
    cwd: { kind: "string", help: "Its working folder", value: "PATH" },
    spec: { kind: "string", help: "Its specification, in place of the above", value: "FILE" },
  },
  min: 1,
  passRest: true,
  async run(cli, { flags, args: [execId, ...args] }) {
    const id = idOf(flags);
    const process = flags.spec
      ? (JSON.parse(readFileSync(flags.spec, "utf8")) as object)
      : {
          args,
          cwd: flags.cwd ?? "/",
          env: flags.env ?? [],
          terminal: flags.tty ?? false,
          user: { uid: 0, gid: 0 },
        };
    const paths = {
      ...{ stdin: flags.stdin ?? "", stdout: flags.stdout ?? "", stderr: flags.stderr ?? "" },
      terminal: flags.tty ?? false,
    };
    return withShim(cli, id, async (ask) => {
      const io = flags.attach && isFifo(paths.stdout) ? new ProcessIO(paths) : undefined;
      const spec = { typeUrl: PROCESS_TYPE, value: Buffer.from(JSON.stringify(process)) };
      await ask("exec", { id, execId: execId!, spec, ...paths });
      const { pid } = await ask("start", { id, execId: execId! });
      if (!flags.attach) {
        print(`exec running with pid ${pid}`);
        return 0;
      }
      io?.sendInput(() => void ask("closeIO", { id, execId: execId!, stdin: true }).catch(() => {}));
      const { exitStatus } = await ask("wait", { id, execId: execId! });
      await io?.finish();
      await ask("delete", { id, execId: execId! });
      return exitStatus;
    });
  },
});

export const shim: Group = {
  summary: "Speak with a shim directly",
  flags: ID,
  commands: { delete: remove, exec, start, state },
};
