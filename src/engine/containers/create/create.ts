import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import type { ContainerConfig, HostConfig } from "../../../api/schema.ts";
import { invalidArgument, notFound } from "../../../errors/errors.ts";
import type { Image } from "../../../images/types.ts";
import { goArchitecture } from "../../../oci/architecture.ts";
import { checkLogConfig } from "../../logs/drivers.ts";
import { now } from "../../time.ts";
import { Container, type ContainerFacts, type MountPoint } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { removeImageMounts } from "../image-mounts.ts";
import { checkLinks } from "../lifecycle/links.ts";
import { saveNew } from "../record.ts";
import { writeInitLayer } from "../rootfs/init-layer.ts";
import { ContainerState } from "../state/machine.ts";
import { cgroupVersion } from "../stats/cgroup.ts";
import { checkUserns, idsOf, letRootPass } from "../userns.ts";
import { checkConfig, checkHostConfig } from "./check.ts";
import { mergeConfig } from "./config.ts";
import { checkEndpoints, endpointsOf } from "./endpoints.ts";
import { completeHostConfig } from "./host-config.ts";
import { dropUnsupported } from "./kernel-support.ts";
import { checkNetworkConflicts, containerOf } from "./modes.ts";
import { mountPointsOf, shieldDataRoot } from "./mounts.ts";
import { checkName, randomName } from "./names.ts";
import type { CreateBody, CreateRequest } from "./request.ts";
import { impliedOptions, securityOptions } from "./security.ts";
import { makeVolumes } from "./volumes.ts";

export interface Created {
  container: Container;
  warnings: string[];
}

/** Makes a container: all or nothing. Errors: invalidArgument, notFound (image), conflict (name). */
export async function createContainer(env: Env, request: CreateRequest): Promise<Created> {
  const { body } = request;
  const givenName = request.name === undefined || request.name === "" ? undefined : checkName(request.name);
  const host = body.HostConfig ?? {};
  checkConfig(body);
  checkHostConfig(host, Object.keys(env.runtimes));
  checkNetworkConflicts(body, host);
  checkEndpoints(env.network, request);
  const image = imageOf(env, body, request.platform);
  const id = randomBytes(32).toString("hex");
  const config = mergeConfig(body, image?.config.config ?? {}, id);
  checkConfig(config);
  const warnings = [...platformWarnings(image, request.platform), ...fieldWarnings(request)];
  const hostConfig = completeHostConfig(host, { config: env.config, cgroupVersion: cgroupVersion() });
  checkUserns(hostConfig, idsOf(env));
  await checkLogConfig(hostConfig.LogConfig?.Type ?? "json-file", hostConfig.LogConfig?.Config ?? {});
  dropUnsupported(hostConfig, warnings);
  checkLinks(env, hostConfig);
  shareNames(env, config, hostConfig, body);
  checkLenders(env, hostConfig);
  const implied = impliedOptions(hostConfig);
  if (implied.length > 0) hostConfig.SecurityOpt = [...(hostConfig.SecurityOpt ?? []), ...implied];
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (command.length === 0) throw invalidArgument("no command specified");
  const name = givenName ?? randomName((candidate) => env.store.hasName(candidate));
  const mountPoints = mountPointsOf(hostConfig, Object.keys(config.Volumes ?? {}), (ref) =>
    env.store.find(ref),
  );
  shieldDataRoot(mountPoints, env.config.dataRoot);
  const facts: ContainerFacts = {
    id,
    name,
    created: now(),
    path: command[0]!,
    args: command.slice(1),
    config,
    hostConfig,
    image: image?.id ?? "",
    driver: env.images.layers.driverName,
    logPath: "",
    mountPoints: Object.fromEntries(mountPoints.map((point) => [point.Destination, point])),
    network: {
      SandboxID: "",
      SandboxKey: "",
      Networks: endpointsOf(env.network, body, hostConfig),
      Ports: {},
    },
    state: new ContainerState(),
    restartCount: 0,
    manuallyStopped: false,
    startedBefore: false,
    ...securityOptions(hostConfig, env.config.noNewPrivileges),
  };
  const container = new Container(facts, env.store.root);
  env.store.reserveName(name, id);
  try {
    await build(env, container, image, mountPoints);
  } catch (error) {
    await undo(env, container);
    throw error;
  }
  env.store.add(container);
  publish(env, container, "create");
  return { container, warnings };
}

/** The parts that are on disk. */
async function build(
  env: Env,
  container: Container,
  image: Image | undefined,
  points: MountPoint[],
): Promise<void> {
  const { id, hostConfig } = container;
  const storageOpt = hostConfig.StorageOpt;
  await env.images.layers.createRWLayer(id, image?.chainID, {
    init: (root) => writeInitLayer(root, idsOf(env)),
    ...(storageOpt ? { storageOpt } : {}),
  });
  await makeVolumes(env, container, points);
  saveNew(container);
  letRootPass(env, container.folder);
}

async function undo(env: Env, container: Container): Promise<void> {
  env.store.releaseName(container.name, container.id);
  env.volumes.release(container.id);
  rmSync(container.folder, { recursive: true, force: true });
  await removeImageMounts(env, container).catch(() => {});
  await env.images.layers.releaseRWLayer(container.id).catch(() => {});
}

function imageOf(env: Env, body: CreateBody, platform: string): Image | undefined {
  if (!body.Image) return undefined;
  const image = env.images.resolve(body.Image);
  if (platform === "") return image;
  const [os, architecture] = platform.toLowerCase().split("/");
  const matches =
    image.config.os === os && (architecture === undefined || image.config.architecture === architecture);
  if (matches) return image;
  throw notFound(
    `image with reference ${body.Image} was found but its platform (${image.config.os}/${image.config.architecture}) does not match the specified platform (${platform})`,
  );
}

function platformWarnings(image: Image | undefined, platform: string): string[] {
  if (!image || platform !== "" || image.config.architecture === goArchitecture()) return [];
  return [
    `The requested image's platform (${image.config.os}/${image.config.architecture}) does not match the detected host platform (linux/${goArchitecture()}) and no specific platform was requested`,
  ];
}

/** What is taken and has no effect, or will have none. */
function fieldWarnings({ body, atLeast }: CreateRequest): string[] {
  const { NetworkMode, PortBindings, CpuPercent } = body.HostConfig ?? {};
  const warnings: string[] = [];
  if (atLeast("1.44") && body.MacAddress)
    warnings.push(
      "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.",
    );
  if (CpuPercent) warnings.push("linux does not support CPU percent. Percent discarded.");
  if (NetworkMode === "host" && Object.keys(PortBindings ?? {}).length > 0)
    warnings.push("Published ports are discarded when using host network mode");
  return warnings;
}

/** A container in the host's network has the host's name, unless it asks for another. */
function shareNames(env: Env, config: ContainerConfig, host: HostConfig, body: CreateBody): void {
  const shared = containerOf(host.NetworkMode);
  if (shared !== undefined) {
    // One that is not there is told of at the start: a "not found" from here reads as if the image were meant.
    const other = env.store.tryFind(shared);
    if (!other) return;
    host.NetworkMode = `container:${other.id}`;
    config.Hostname = other.config.Hostname ?? "";
    config.Domainname = other.config.Domainname ?? "";
  } else if (host.NetworkMode === "host" && !body.Hostname) {
    config.Hostname = hostname();
  }
}

/** Those whose namespaces are shared must be there. Errors: invalidArgument: a "not found" would mean the image. */
function checkLenders(env: Env, { IpcMode, PidMode }: HostConfig): void {
  for (const other of [containerOf(IpcMode), containerOf(PidMode)])
    if (other !== undefined && !env.store.tryFind(other))
      throw invalidArgument(`No such container: ${other}`);
}
