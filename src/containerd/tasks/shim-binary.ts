/** The command line of a shim (v2): `start` prints where it serves, `delete` cleans up after a dead one. */
import { notImplemented, systemError } from "../../errors/errors.ts";
import { DeleteResponse } from "../../proto/containerd/task/v2/shim.ts";
import { Any } from "../../proto/google/protobuf/any.ts";
import { isSameBuild, SHIM_STAYS, SLEEPER_SETTINGS } from "../../version/same-build.ts";
import type { Bootstrap, Bundle } from "./bundle.ts";

/** What every shim is told of its daemon. */
export interface ShimEnvironment {
  socket: string;
  ttrpcSocket: string;
  debug: boolean;
}

const START_TIMEOUT = 30_000;
const DELETE_TIMEOUT = 15_000;

interface ShimCall {
  shim: string;
  bundle: Bundle;
  environment: ShimEnvironment;
  args: string[];
  input: Uint8Array;
  /** Milliseconds. */
  timeout: number;
}

/** Starts a shim and returns its address; one of a later version has left its bootstrap.json then. Errors: what it said on stderr. */
export async function startShim(
  shim: string,
  bundle: Bundle,
  environment: ShimEnvironment,
  options: Any | undefined,
): Promise<string> {
  const input = options ? Any.encode(options) : new Uint8Array(0);
  const args = ["-id", bundle.id, ...(environment.debug ? ["-debug"] : []), "start"];
  const call = { shim, bundle, environment, args, input, timeout: START_TIMEOUT };
  const stdout = isSameBuild(shim) ? await runStaying(call) : await run(call);
  const bootstrap = parseStart(new TextDecoder().decode(stdout).trim(), shim);
  if (bootstrap.version > 2) bundle.saveBootstrap(bootstrap);
  return bootstrap.address;
}

/** Kills what is left of a task whose shim is dead, and frees what it held. Undefined when the shim did not say. */
export async function deleteShim(
  shim: string,
  bundle: Bundle,
  environment: ShimEnvironment,
): Promise<DeleteResponse | undefined> {
  const args = ["-id", bundle.id, "-bundle", bundle.path, ...(environment.debug ? ["-debug"] : []), "delete"];
  const input = new Uint8Array(0);
  const stdout = await run({ shim, bundle, environment, args, input, timeout: DELETE_TIMEOUT });
  return stdout.length === 0 ? undefined : DeleteResponse.decode(stdout);
}

/** The latest version of shims that is known here. */
const LATEST = 3;

/** Shims of the second version print a bare address; those of containerd 2.x a JSON object. */
function parseStart(text: string, shim: string): Bootstrap {
  if (!text.startsWith("{")) {
    if (text.startsWith("unix://") || text.startsWith("/"))
      return { version: 2, address: text, protocol: "ttrpc" };
    throw systemError(`shim ${shim} printed no address on start, but ${JSON.stringify(text.slice(0, 200))}`);
  }
  const { address, protocol = "ttrpc", version = 2 } = JSON.parse(text) as Partial<Bootstrap>;
  if (typeof address !== "string" || protocol !== "ttrpc")
    throw systemError(`shim ${shim} wants to be spoken to over ${protocol}: only ttrpc is known here`);
  if (version > LATEST)
    throw notImplemented(`unsupported shim version (${version}): ${shim} is newer than version ${LATEST}`);
  return { address, protocol, version };
}

function spawnShim(call: ShimCall, extra: Readonly<Record<string, string>>, detached: boolean) {
  const { shim, bundle, environment, args, input } = call;
  const contract = ["-namespace", bundle.namespace, "-address", environment.socket];
  return Bun.spawn({
    cmd: [shim, ...contract, "-publish-binary", process.execPath, ...args],
    cwd: bundle.path,
    env: {
      ...process.env,
      ...extra,
      GOMAXPROCS: "2",
      MAX_SHIM_VERSION: "2",
      NAMESPACE: bundle.namespace,
      GRPC_ADDRESS: environment.socket,
      TTRPC_ADDRESS: environment.ttrpcSocket,
    },
    detached,
    stdin: input.length === 0 ? "ignore" : input,
    stdout: "pipe",
    stderr: "pipe",
  });
}

type Child = ReturnType<typeof spawnShim>;

/** Reads what a shim prints, in time. Its process must have ended by then, unless it `stays` and printed something. */
async function collect({ shim, args, timeout }: ShimCall, child: Child, stays: boolean): Promise<Uint8Array> {
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const [stdout, stderr] = await Promise.all([child.stdout.bytes(), child.stderr.text()]);
  if (!stays || stdout.length === 0) await child.exited;
  clearTimeout(timer);
  if (child.exitCode === 0 || (child.exitCode === null && child.signalCode === null)) return stdout;
  const why = child.signalCode ? `killed by ${child.signalCode}` : `exit status ${child.exitCode}`;
  throw systemError(`${shim} ${args.at(-1)}: ${stderr.trim() || "no output"}: ${why}`);
}

/** Runs a shim's action to its end. */
function run(call: ShimCall): Promise<Uint8Array> {
  const child = spawnShim(call, {}, false);
  return collect(call, child, false);
}

/** Starts a shim of this build in a process that stays; one that fails prints no address and ends. */
function runStaying(call: ShimCall): Promise<Uint8Array> {
  const child = spawnShim(call, { ...SLEEPER_SETTINGS, [SHIM_STAYS]: "1" }, true);
  child.unref();
  return collect(call, child, true);
}
