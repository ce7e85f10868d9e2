import type { Cli } from "../cli.ts";
import type { FlagTable, FlagValues } from "../flags/spec.ts";

/** For scripts that turn it off, so that they have one image and no more. */
function none(text: string): string {
  if (text === "false") return text;
  throw new Error("this engine's images have no attestations: only false is taken");
}

/** Errors: plain, in stock's words. */
function label(text: string): string {
  const [key = ""] = text.split("=", 1);
  if (/\s/.test(key)) throw new Error(`label '${key}' contains whitespaces`);
  return text;
}

export const BUILD_FLAGS = {
  "add-host": { kind: "list", help: 'Add a custom host-to-IP mapping ("host:ip")' },
  allow: { kind: "list", help: 'Allow extra privileges ("security.insecure")' },
  "build-arg": { kind: "list", help: "Set build-time variables" },
  "cache-from": { kind: "list", help: "Images to consider as cache sources" },
  "cache-to": { kind: "list", help: 'Cache export destinations ("type=inline")' },
  "cgroup-parent": { kind: "string", help: 'Parent cgroup for the "RUN" instructions' },
  call: { kind: "string", help: 'What to do: "build", or "check" the Dockerfile' },
  check: { kind: "bool", help: 'Shorthand for "--call=check"' },
  compress: { kind: "bool", help: "Compress the build context using gzip" },
  "cpu-period": { kind: "int", help: "Limit the CPU CFS (Completely Fair Scheduler) period" },
  "cpu-quota": { kind: "int", help: "Limit the CPU CFS (Completely Fair Scheduler) quota" },
  "cpu-shares": { kind: "int", short: "c", help: "CPU shares (relative weight)" },
  "cpuset-cpus": { kind: "string", help: "CPUs in which to allow execution (0-3, 0,1)" },
  "cpuset-mems": { kind: "string", help: "MEMs in which to allow execution (0-3, 0,1)" },
  "disable-content-trust": { kind: "bool", on: true, help: "Skip image verification" },
  file: { kind: "string", short: "f", help: 'Name of the Dockerfile (default "PATH/Dockerfile")' },
  "force-rm": { kind: "bool", help: "Always remove intermediate containers" },
  iidfile: { kind: "string", help: "Write the image ID to a file" },
  isolation: { kind: "string", help: "Container isolation technology" },
  label: { kind: "list", check: label, help: "Set metadata for an image" },
  load: { kind: "bool", help: 'Shorthand for "--output=type=docker": a result is among the images always' },
  memory: { kind: "bytes", short: "m", help: "Memory limit" },
  "memory-swap": {
    kind: "bytes",
    unlimited: true,
    help: "Swap limit equal to memory plus swap: -1 to enable unlimited swap",
  },
  "metadata-file": { kind: "string", help: "Write build result metadata to a file" },
  network: { kind: "string", help: 'Networking mode for the "RUN" instructions' },
  "no-cache": { kind: "bool", help: "Do not use cache when building the image" },
  "no-cache-filter": { kind: "list", help: "Stages that are built without the cache" },
  output: { kind: "list", short: "o", help: 'Output destination ("type=local,dest=path")' },
  platform: { kind: "string", help: "Platform to build for" },
  progress: { kind: "string", help: 'Type of progress output ("auto", "plain", "tty", "quiet", "rawjson")' },
  provenance: { kind: "string", check: none, help: 'Attestations are not supported: "false"' },
  pull: { kind: "bool", help: "Always attempt to pull all referenced images" },
  push: { kind: "bool", help: 'Shorthand for "--output=type=registry"' },
  quiet: { kind: "bool", short: "q", help: "Suppress the build output and print image ID on success" },
  rm: { kind: "bool", on: true, help: "Remove intermediate containers after a successful build" },
  sbom: { kind: "string", check: none, help: 'Attestations are not supported: "false"' },
  secret: { kind: "list", help: 'Secret to expose to the build ("id=mysecret,src=/local/secret")' },
  "security-opt": { kind: "list", help: "Security options" },
  "shm-size": { kind: "bytes", help: 'Size of "/dev/shm"' },
  squash: { kind: "bool", help: "Squash newly built layers into a single new layer" },
  ssh: { kind: "list", help: "SSH agent socket or keys to expose to the build" },
  tag: { kind: "list", short: "t", help: 'Name and optionally a tag in the "name:tag" format' },
  target: { kind: "string", help: "Set the target build stage to build" },
  ulimit: { kind: "list", help: "Ulimit options" },
} as const satisfies FlagTable;

export type BuildFlags = FlagValues<typeof BUILD_FLAGS>;

/** The parameters of POST /build. Errors: plain, for values that make no sense. */
export function buildQuery(
  cli: Cli,
  flags: BuildFlags,
  dockerfile: string | undefined,
  remote: string | undefined,
) {
  const json = (value: object): string | undefined =>
    Object.keys(value).length > 0 ? JSON.stringify(value) : undefined;
  return {
    remote,
    dockerfile,
    t: flags.tag,
    q: flags.quiet,
    nocache: flags["no-cache"],
    nocachefilter: flags["no-cache-filter"].flatMap((names) => names.split(",")),
    pull: flags.pull,
    rm: flags.rm ? "1" : "0",
    forcerm: flags["force-rm"],
    squash: flags.squash,
    target: flags.target,
    platform: flags.platform ?? (process.env["DOCKER_DEFAULT_PLATFORM"] || undefined),
    buildargs: json({ ...inlineCache(flags["cache-to"]), ...buildArgs(cli, flags["build-arg"]) }),
    labels: json(Object.fromEntries(flags.label.map(pairOf))),
    cachefrom: json(flags["cache-from"]),
    extrahosts: flags["add-host"].join(",") || undefined,
    networkmode: flags.network,
    memory: flags.memory,
    memswap: flags["memory-swap"],
    cpushares: flags["cpu-shares"],
    cpuperiod: flags["cpu-period"],
    cpuquota: flags["cpu-quota"],
    cpusetcpus: flags["cpuset-cpus"],
    cpusetmems: flags["cpuset-mems"],
    cgroupparent: flags["cgroup-parent"],
    shmsize: flags["shm-size"],
    isolation: flags.isolation,
    ulimits: json(flags.ulimit.map(ulimitOf)),
    securityopt: json(flags["security-opt"]),
    allow: flags.allow,
  };
}

/** An image's history is its cache; BuildKit wants to be told. */
function inlineCache(exports: readonly string[]): Record<string, string> {
  for (const text of exports) {
    if (text === "inline" || /^type=inline(?:,|$)/.test(text)) continue;
    throw new Error(
      `--cache-to ${text}: only type=inline is supported: push the image, and name it by --cache-from`,
    );
  }
  return exports.length > 0 ? { BUILDKIT_INLINE_CACHE: "1" } : {};
}

function pairOf(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** A name without a value takes the environment's; proxies of config.json come along. */
function buildArgs(cli: Cli, given: readonly string[]): Record<string, string | null> {
  const args: Record<string, string | null> = {};
  const proxies: Record<string, string> = {
    httpProxy: "HTTP_PROXY",
    httpsProxy: "HTTPS_PROXY",
    ftpProxy: "FTP_PROXY",
    noProxy: "NO_PROXY",
  };
  for (const [field, value] of Object.entries(cli.config.proxies?.["default"] ?? {})) {
    const name = proxies[field];
    if (name && value) Object.assign(args, { [name]: value, [name.toLowerCase()]: value });
  }
  for (const text of given) {
    if (text.includes("=")) args[text.slice(0, text.indexOf("="))] = text.slice(text.indexOf("=") + 1);
    else args[text] = process.env[text] ?? null;
  }
  return args;
}

function ulimitOf(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (!match) throw new Error(`invalid ulimit argument: ${text}`);
  return { Name: match[1]!, Soft: Number(match[2]), Hard: Number(match[3] ?? match[2]) };
}
