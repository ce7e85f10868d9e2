import { DEFAULTS, mergeConfig, parseInterval, socketPath } from "../src/containerd/config.ts";
import { messageOf } from "../src/errors/errors.ts";
import { flagHelp, parseFlags } from "../src/flags/flags.ts";
import { versionLine } from "../src/version/version.ts";

const FLAGS = {
  help: { kind: "bool", short: "h", help: "Print usage" },
  version: { kind: "bool", short: "v", help: "Print version information and quit" },
  config: { kind: "string", short: "c", help: "Configuration file in containerd's form", value: "FILE" },
  runtime: {
    kind: "string",
    help: "OCI runtime for containers that name none",
    value: "PATH",
    fallback: "docker-runc",
  },
  shim: { kind: "string", help: "Shim for runc runtimes", value: "PATH", fallback: "docker-containerd-shim" },
  listen: {
    kind: "string",
    short: "l",
    help: "Socket to serve on",
    value: "SOCKET",
    fallback: DEFAULTS.socket,
  },
  address: { kind: "string", short: "a", help: "The same as --listen", value: "SOCKET" },
  root: {
    kind: "string",
    help: "Folder for what must outlast a reboot",
    value: "DIR",
    fallback: DEFAULTS.root,
  },
  state: {
    kind: "string",
    help: "Folder for what a reboot may clear",
    value: "DIR",
    fallback: DEFAULTS.state,
  },
  "metrics-address": {
    kind: "string",
    help: "Serve Prometheus metrics at http://HOST:PORT/v1/metrics",
    value: "HOST:PORT",
  },
  "metrics-interval": { kind: "string", help: "Interval of samples of container metrics", value: "DURATION" },
  "tasks-per-shim": {
    kind: "int",
    help: "Tasks that share a shim process at most, and its death",
    value: "N",
    fallback: "1",
  },
  debug: { kind: "bool", help: "Log debug messages" },
  "log-level": { kind: "string", help: "Log from this level on: debug, info, warn or error", value: "LEVEL" },
} as const;

const HELP = `Usage: docker-containerd [OPTIONS]
       docker-containerd [--address SOCKET] publish --topic TOPIC --namespace NAME  < an event
       docker-containerd oci-hook -- PROGRAM ARGUMENTS  < a container's state

Runs containers: containerd's services on a unix socket, a shim process for each container.

Options:
`;

async function run(args: string[]): Promise<number> {
  if (args[0] === "unpack-layer")
    return (await import("../src/containerd/diff/unpack-layer.ts")).unpackLayerMain(args.slice(1));
  if (args[0] === "pack-layer")
    return (await import("../src/containerd/diff/pack-layer.ts")).packLayerMain(args.slice(1));
  if (args[0] === "oci-hook")
    return (await import("../src/containerd/oci-hook.ts")).ociHookMain(args.slice(1));
  const publishes = args.indexOf("publish");
  const { values, rest } = parseFlags(FLAGS, publishes < 0 ? args : args.slice(0, publishes));
  if (publishes >= 0 && rest.length === 0) {
    const socket = socketPath(values.address ?? values.listen ?? DEFAULTS.socket);
    return (await import("../src/containerd/publish.ts")).publishMain(socket, args.slice(publishes + 1));
  }
  if (values.help) {
    process.stdout.write(HELP + flagHelp(FLAGS));
    return 0;
  }
  if (values.version) {
    process.stdout.write(`${versionLine("docker-containerd")}\n`);
    return 0;
  }
  if (rest.length > 0)
    throw new Error(`unexpected argument ${JSON.stringify(rest[0])}: see docker-containerd --help`);
  const { createLogger } = await import("../src/log/log.ts");
  const log = createLogger();
  const file = values.config
    ? (await import("../src/containerd/config-file.ts")).readConfigFile(values.config)
    : { config: {}, ignored: [] };
  const interval = values["metrics-interval"];
  const config = mergeConfig(file.config, {
    root: values.root,
    state: values.state,
    socket: values.listen ?? values.address,
    shim: values.shim,
    runtime: values.runtime,
    metricsAddress: values["metrics-address"],
    tasksPerShim: values["tasks-per-shim"],
    ...(interval === undefined ? {} : { metricsInterval: parseInterval(interval) }),
    ...(values.debug || values["log-level"] === "debug" ? { debug: true } : {}),
  });
  log.level = levelOf(values["log-level"], config.debug);
  if (file.ignored.length > 0)
    log.warn("settings without effect here", { file: values.config, settings: file.ignored.join(", ") });
  return (await import("../src/containerd/daemon.ts")).runDaemon(config, log);
}

function levelOf(name: string | undefined, debug: boolean): "debug" | "info" | "warn" | "error" {
  if (name === "info" || name === "warn" || name === "error") return name;
  return debug ? "debug" : "info";
}

export async function main(args: string[]): Promise<void> {
  try {
    process.exit(await run(args));
  } catch (error) {
    process.stderr.write(`docker-containerd: ${messageOf(error)}\n`);
    process.exit(1);
  }
}
