import { posix } from "node:path";
import type { ContainerConfig, HealthConfig } from "../../../api/schema.ts";
import type { ContainerDefaults } from "../../../images/types.ts";
import type { CreateBody } from "./request.ts";

/** A container's working directory has no "..", doubled or trailing slashes, whatever the request or the image says. */
export function cleanFolder(path: string): string {
  if (path === "") return "";
  const clean = posix.normalize(path);
  return clean.length > 1 ? clean.replace(/\/$/, "") : clean;
}

/** The container's configuration: what the request says, and what the image says where the request does not. */
export function mergeConfig(body: CreateBody, image: ContainerDefaults, id: string): ContainerConfig {
  const config: ContainerConfig = {
    Hostname: body.Hostname || id.slice(0, 12),
    Domainname: body.Domainname ?? "",
    User: body.User || image.User || "",
    AttachStdin: body.AttachStdin ?? false,
    AttachStdout: body.AttachStdout ?? false,
    AttachStderr: body.AttachStderr ?? false,
    Tty: body.Tty ?? false,
    OpenStdin: body.OpenStdin ?? false,
    StdinOnce: body.StdinOnce ?? false,
    Env: mergeEnv(body.Env ?? [], image.Env ?? []),
    ...commandOf(body, image),
    Image: body.Image ?? "",
    Volumes: orNull({ ...image.Volumes, ...body.Volumes }),
    WorkingDir: cleanFolder(body.WorkingDir || image.WorkingDir || ""),
    // An image's triggers are for builds on it alone: a commit of the container has none.
    OnBuild: (body.OnBuild ?? null) as string[],
    Labels: { ...image.Labels, ...body.Labels },
  };
  const exposed = { ...image.ExposedPorts, ...normalPorts(body.ExposedPorts ?? {}) };
  if (Object.keys(exposed).length > 0) config.ExposedPorts = exposed;
  const health = mergeHealth(body.Healthcheck, image.Healthcheck);
  if (health) config.Healthcheck = health;
  if (body.NetworkDisabled) config.NetworkDisabled = true;
  if (body.MacAddress) config.MacAddress = body.MacAddress;
  const signal = body.StopSignal || image.StopSignal;
  if (signal) config.StopSignal = signal;
  const timeout = body.StopTimeout ?? image.StopTimeout;
  if (timeout != null) config.StopTimeout = timeout;
  const shell = body.Shell?.length ? body.Shell : image.Shell;
  if (shell?.length) config.Shell = shell;
  return config;
}

function orNull<T extends object>(value: T): T {
  return Object.keys(value).length > 0 ? value : (null as unknown as T);
}

/** "80" means "80/tcp". */
function normalPorts(ports: Record<string, object>): Record<string, Record<string, never>> {
  return Object.fromEntries(
    Object.keys(ports).map((port) => [port.includes("/") ? port : `${port}/tcp`, {}]),
  );
}

function mergeEnv(own: string[], image: string[]): string[] {
  const nameOf = (entry: string) => entry.split("=")[0];
  const names = new Set(own.map(nameOf));
  return [...own, ...image.filter((entry) => !names.has(nameOf(entry)))];
}

/** An own entrypoint means that the image's command is not for it; [""] means none at all. */
function commandOf(body: CreateBody, image: ContainerDefaults): { Cmd: string[]; Entrypoint: string[] } {
  const none = null as unknown as string[];
  const own = body.Entrypoint ?? [];
  const cleared = own.length === 1 && own[0] === "";
  const ownCommand = body.Cmd?.length ? body.Cmd : undefined;
  if (own.length > 0) return { Cmd: ownCommand ?? none, Entrypoint: cleared ? none : own };
  return {
    Cmd: ownCommand ?? image.Cmd ?? none,
    Entrypoint: image.Entrypoint?.length ? image.Entrypoint : none,
  };
}

function mergeHealth(
  own: HealthConfig | undefined,
  image: HealthConfig | undefined,
): HealthConfig | undefined {
  if (!own) return image;
  if (!image) return own;
  return {
    ...own,
    Test: own.Test?.length ? own.Test : (image.Test ?? []),
    Interval: own.Interval || image.Interval || 0,
    Timeout: own.Timeout || image.Timeout || 0,
    StartPeriod: own.StartPeriod || image.StartPeriod || 0,
    StartInterval: own.StartInterval || image.StartInterval || 0,
    Retries: own.Retries || image.Retries || 0,
  };
}
