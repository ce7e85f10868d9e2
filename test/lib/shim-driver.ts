/** A shim driven as containerd drives one: its `start` command, then calls over ttrpc, and its events. */

import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { dockerSpec, makeBundle } from "../../hack/lib/bundle.ts";
import { outputOf } from "../../hack/lib/command.ts";
import { type TaskClient, taskClient } from "../../src/containerd/tasks/task-client.ts";
import { kindOf, messageOf } from "../../src/errors/errors.ts";
import { closeFd, O_NONBLOCK, O_RDWR, openFd } from "../../src/linux/fd.ts";
import { makeFifo } from "../../src/linux/fifo.ts";
import type { Spec } from "../../src/oci/runtime-spec.ts";
import * as events from "../../src/proto/containerd/events/task.ts";
import { Options } from "../../src/proto/containerd/runc/v1/options.ts";
import { ForwardRequest } from "../../src/proto/containerd/services/events/ttrpc/v1/events.ts";
import { Client } from "../../src/ttrpc/client.ts";
import { type Server, serve } from "../../src/ttrpc/server.ts";
import { removeCgroup } from "./cgroups.ts";
import { eventually } from "./engine.ts";

const CODECS = events as unknown as Record<string, { decode(bytes: Uint8Array): object } | undefined>;

export interface ShimEvent {
  topic: string;
  event: unknown;
}

export interface ShimDriver {
  readonly folder: string;
  readonly address: string;
  readonly rpc: TaskClient;
  /** Everything that the shim has told so far, plain. */
  readonly told: ShimEvent[];
  /** Options for Create: runc, with its state in this folder. */
  readonly options: { typeUrl: string; value: Uint8Array };
  /** A new bundle, beside those of others. */
  bundle(id: string, args: string[], change?: (spec: Spec) => void): string;
  /** The answer to a call, or its error, in a form that does not depend on the shim. */
  answer(call: Promise<unknown>): Promise<unknown>;
  plain(value: unknown): unknown;
  /** Closes the connection, as a containerd that has died. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** Process ids and times are words, folders and shims' own versions too. */
function plainly(value: unknown, folder: string, key = ""): unknown {
  if (typeof value === "number" && /pid$/i.test(key)) return value > 0 ? "PID" : 0;
  if (/At$/.test(key)) {
    const seconds = (value as { seconds?: bigint } | undefined)?.seconds;
    return seconds === undefined || seconds <= 0n ? undefined : "TIME";
  }
  if (key === "version") return "VERSION";
  if (typeof value === "string")
    return value
      .replaceAll(folder, "FOLDER")
      .replaceAll(encodeURIComponent(folder), "FOLDER")
      .replaceAll(/\d{5,}/g, "N");
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return value.length === 0 ? "" : `${value.length} bytes`;
  if (Array.isArray(value)) return value.map((one) => plainly(one, folder));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainly(one, folder, name)]));
}

/** Starts the shim of a container; `first` is its bundle's id. `env` is added to its environment. */
export async function startShim(
  program: string,
  folder: string,
  first: string,
  env: Record<string, string> = {},
): Promise<ShimDriver> {
  mkdirSync(folder, { recursive: true });
  const told: ShimEvent[] = [];
  const plain = (value: unknown) => plainly(value, folder);
  const socket = join(folder, "events.sock");
  const cgroup = `/pequod-shim-${process.pid}-${basename(folder)}`;
  const server: Server = serve({ path: socket }, async (_call, payload) => {
    const { envelope } = ForwardRequest.decode(payload);
    const name = envelope?.event?.typeUrl?.split(".").at(-1) ?? "";
    const event = CODECS[name]?.decode(envelope?.event?.value ?? new Uint8Array(0));
    told.push({ topic: envelope?.topic ?? "", event: plain(event) });
    return new Uint8Array(0);
  });
  const bundle = (id: string, args: string[], change: (spec: Spec) => void = () => {}): string => {
    const path = join(folder, id);
    const spec = dockerSpec(args, `${cgroup}/${id}`);
    change(spec);
    makeBundle(path, spec);
    return path;
  };
  const cwd = bundle(first, ["sleep", "1000"]);
  const flags = [
    "-namespace",
    "test",
    "-address",
    join(folder, "containerd.sock"),
    "-publish-binary",
    "/bin/true",
  ];
  // As containerd does: stock's shim does not run without somebody to read its log.
  makeFifo(join(cwd, "log"), 0o600);
  const log = openFd(join(cwd, "log"), O_RDWR | O_NONBLOCK);
  const stdout = await outputOf([program, ...flags, "-id", first, "start"], {
    cwd,
    env: {
      ...process.env,
      ...env,
      TTRPC_ADDRESS: socket,
      GRPC_ADDRESS: join(folder, "containerd.sock"),
      NAMESPACE: "test",
    },
  });
  // The socket may be there a moment before it is listened on.
  const client = (await eventually(
    "the shim answers",
    () => Client.connect(stdout.trim()).catch((error: unknown) => messageOf(error)),
    (connected) => typeof connected !== "string",
  )) as Client;
  const rpc = taskClient(client);
  const value = Options.encode({ binaryName: "/usr/sbin/runc", root: join(folder, "runc") });
  return {
    folder,
    address: stdout.trim(),
    rpc,
    told,
    options: { typeUrl: "containerd.runc.v1.Options", value },
    bundle,
    plain,
    answer: (call) =>
      call.then(plain, (error: unknown) => ({ kind: kindOf(error), message: plain(messageOf(error)) })),
    hangUp: () => client.close(),
    async stop() {
      await rpc.shutdown({ id: first, now: true }).catch(() => {});
      client.close();
      server.stop(true);
      closeFd(log);
      removeCgroup(cgroup);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
