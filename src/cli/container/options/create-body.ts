import type { ContainerConfig, HostConfig, NetworkingConfig } from "../../../api/schema.ts";
import { parseEndpoints } from "./endpoints.ts";
import { readEnvFiles, readLabelFiles, toMap } from "./env.ts";
import { parseHealth } from "./health.ts";
import { hostConfigOf } from "./host-config.ts";
import { isMac } from "./network.ts";
import { parsePorts } from "./ports.ts";
import type { ContainerOptions } from "./values.ts";
import { parseVolumes } from "./volumes.ts";

/** The body of a create request. */
export type CreateBody = ContainerConfig & {
  Image: string;
  HostConfig: HostConfig;
  NetworkingConfig: NetworkingConfig;
};

/** What `run` and `create` were told. */
export interface CreateOrder {
  flags: ContainerOptions;
  given: ReadonlySet<string>;
  image: string;
  command: string[];
  /** Proxy variables of the client's configuration, for what the user has not set. */
  proxies: Record<string, string>;
}

/** Turns the command line into a create request. Errors: in the words of the docker client. */
export function createBody({ flags, given, image, command, proxies }: CreateOrder): CreateBody {
  if (flags["mac-address"] && !isMac(flags["mac-address"].trim()))
    throw new Error(`${flags["mac-address"]} is not a valid mac address`);
  const volumes = parseVolumes(flags.volume);
  const ports = parsePorts(flags.publish, flags.expose);
  const { mode, endpoints } = parseEndpoints(flags);
  const health = parseHealth(flags);
  return {
    ...streams(flags),
    Hostname: flags.hostname ?? "",
    Domainname: flags.domainname ?? "",
    User: flags.user ?? "",
    ExposedPorts: ports.exposed,
    Env: environment(flags, proxies),
    ...(command.length > 0 ? { Cmd: command } : {}),
    Image: image,
    Volumes: volumes.anonymous,
    WorkingDir: flags.workdir ?? "",
    ...(given.has("entrypoint") ? { Entrypoint: [flags.entrypoint ?? ""] } : {}),
    Labels: toMap([...readLabelFiles(flags["label-file"]), ...flags.label]),
    ...(flags["stop-signal"] ? { StopSignal: flags["stop-signal"] } : {}),
    ...(given.has("stop-timeout") ? { StopTimeout: flags["stop-timeout"] ?? 0 } : {}),
    ...(health ? { Healthcheck: health } : {}),
    HostConfig: hostConfigOf(flags, given, {
      binds: volumes.binds,
      portBindings: ports.bindings,
      networkMode: mode,
    }),
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
}

function streams(flags: ContainerOptions): ContainerConfig {
  const all = flags.attach.length === 0;
  const AttachStdin = flags.interactive || flags.attach.includes("stdin");
  return {
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    AttachStdin,
    AttachStdout: all || flags.attach.includes("stdout"),
    AttachStderr: all || flags.attach.includes("stderr"),
    StdinOnce: flags.interactive && AttachStdin,
  };
}

/** Variables of files first, then those of --env, each once with its last value, then proxies that nobody set. */
function environment(flags: ContainerOptions, proxies: Record<string, string>): string[] {
  const nameOf = (text: string) => text.split("=", 1)[0]!;
  const own = new Map(flags.env.map((text) => [nameOf(text), text]));
  for (const [name, value] of Object.entries(proxies)) if (!own.has(name)) own.set(name, `${name}=${value}`);
  return [...readEnvFiles(flags["env-file"]), ...own.values()];
}
