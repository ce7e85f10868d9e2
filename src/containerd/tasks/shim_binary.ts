/** The command line of a shim (v2): `start` prints where it serves, `delete` cleans up after a dead one. */
import { systemError } from "../../errors/errors.ts";
import { DeleteResponse } from "../../proto/containerd/task/v2/shim.ts";
import { Any } from "../../proto/google/protobuf/any.ts";
import type { Bundle } from "./bundle.ts";

/** What every shim is told of its daemon. */
export interface ShimEnvironment {
  socket: string;
  ttrpcSocket: string;
  debug: boolean;
}

const START_TIMEOUT = 30_000;
const DELETE_TIMEOUT = 15_000;

interface Outcome {
  stdout: Uint8Array;
  stderr: string;
}

/** Starts a shim and returns its address. Errors: what it said on stderr. */
export async function startShim(
  shim: string,
  bundle: Bundle,
  environment: ShimEnvironment,
  options: Any | undefined,
): Promise<string> {
  const input = options ? Any.encode(options).finish() : new Uint8Array(0);
  const args = ["-id", bundle.id, ...(environment.debug ? ["-debug"] : []), "start"];
  const { stdout } = await run(shim, bundle, environment, args, input, START_TIMEOUT);
  return parseAddress(new TextDecoder().decode(stdout).trim(), shim);
}

/** Kills what is left of a task whose shim is dead, and frees what it held. Undefined when the shim did not say. */
export async function deleteShim(
  shim: string,
  bundle: Bundle,
  environment: ShimEnvironment,
): Promise<DeleteResponse | undefined> {
  const args = ["-id", bundle.id, "-bundle", bundle.path, ...(environment.debug ? ["-debug"] : []), "delete"];
  const { stdout } = await run(shim, bundle, environment, args, new Uint8Array(0), DELETE_TIMEOUT);
  return stdout.length === 0 ? undefined : DeleteResponse.decode(stdout);
}

/** Shims of the second version print a bare address; later ones may print a JSON object. */
function parseAddress(text: string, shim: string): string {
  if (!text.startsWith("{")) {
    if (text.startsWith("unix://") || text.startsWith("/")) return text;
    throw systemError(`shim ${shim} printed no address on start, but ${JSON.stringify(text.slice(0, 200))}`);
  }
  const { address, protocol } = JSON.parse(text) as { address?: string; protocol?: string };
  if (typeof address !== "string" || (protocol ?? "ttrpc") !== "ttrpc")
    throw systemError(`shim ${shim} wants to be spoken to over ${protocol}: only ttrpc is known here`);
  return address;
}

async function run(
  shim: string,
  bundle: Bundle,
  environment: ShimEnvironment,
  args: string[],
  input: Uint8Array,
  timeout: number,
): Promise<Outcome> {
  const child = Bun.spawn({
    cmd: [
      shim,
      ...[
        "-namespace",
        bundle.namespace,
        "-address",
        environment.socket,
        "-publish-binary",
        process.execPath,
      ],
      ...args,
    ],
    cwd: bundle.path,
    env: {
      ...process.env,
      GOMAXPROCS: "2",
      MAX_SHIM_VERSION: "2",
      NAMESPACE: bundle.namespace,
      GRPC_ADDRESS: environment.socket,
      TTRPC_ADDRESS: environment.ttrpcSocket,
    },
    stdin: input.length === 0 ? "ignore" : input,
    stdout: "pipe",
    stderr: "pipe",
    timeout,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
  if (child.exitCode === 0) return { stdout, stderr };
  const why = child.signalCode ? `killed by ${child.signalCode}` : `exit status ${child.exitCode}`;
  throw systemError(`${shim} ${args.at(-1)}: ${stderr.trim() || "no output"}: ${why}`);
}
