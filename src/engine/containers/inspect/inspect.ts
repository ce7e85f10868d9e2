import type {
  MountPoint as ApiMount,
  ContainerState as ApiState,
  ContainerInspectResponse,
} from "../../../api/schema.ts";
import { hasAppArmor } from "../../../oci/apparmor/load.ts";
import type { Container, MountPoint } from "../container.ts";
import type { Env } from "../env.ts";
import type { ContainerState } from "../state/machine.ts";
import { stateRecordOf } from "../state/record.ts";
import { networkSettings } from "./network.ts";

/** GET /containers/{id}/json */
export async function inspectContainer(
  env: Env,
  container: Container,
  size: boolean,
): Promise<ContainerInspectResponse> {
  const { facts, id, hostConfig } = container;
  const sizes = size ? await containerSizes(env, container) : {};
  return {
    Id: id,
    Created: facts.created,
    Path: facts.path,
    Args: facts.args,
    State: inspectState(container.state),
    Image: facts.image,
    ResolvConfPath: facts.startedBefore ? container.resolvConfPath : "",
    HostnamePath: facts.startedBefore ? container.hostnamePath : "",
    HostsPath: facts.startedBefore ? container.hostsPath : "",
    LogPath: facts.logPath,
    Name: `/${facts.name}`,
    RestartCount: facts.restartCount,
    Driver: facts.driver,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: hasAppArmor() ? facts.appArmorProfile : "",
    ExecIDs: container.execs.size > 0 ? [...container.execs] : null,
    HostConfig: hostConfig,
    GraphDriver: { Data: await layerMetadata(env, id), Name: facts.driver },
    ...sizes,
    Mounts: Object.values(facts.mountPoints).map((point) => apiMount(env, point)),
    Config: facts.config,
    NetworkSettings: networkSettings(env, container),
  };
}

function inspectState(state: ContainerState): ApiState {
  const { RemovalInProgress: _, Health, ...record } = stateRecordOf(state);
  const shown: Record<string, unknown> = { Status: state.status, ...record };
  if (Health) shown["Health"] = Health;
  return shown as ApiState;
}

async function layerMetadata(env: Env, id: string): Promise<Record<string, string>> {
  try {
    return await env.images.layers.getRWLayer(id).metadata();
  } catch {
    // Its removal is under way.
    return {};
  }
}

/** A mount as inspect shows it. */
export function apiMount(env: Env, point: MountPoint): ApiMount {
  const mount: ApiMount = { Type: point.Type };
  if (point.Type === "volume") mount.Name = point.Name;
  mount.Source = point.Type === "volume" ? volumePath(env, point.Name) : point.Source;
  mount.Destination = point.Destination;
  if (point.Type === "volume") mount.Driver = point.Driver;
  mount.Mode = point.Relabel;
  mount.RW = point.RW;
  mount.Propagation = point.Propagation;
  return mount;
}

function volumePath(env: Env, name: string): string {
  try {
    return env.volumes.get(name).Mountpoint;
  } catch {
    return "";
  }
}

/** Bytes that the container has written, and those with its image. */
export async function containerSizes(
  env: Env,
  { id }: Container,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const layer = env.images.layers.getRWLayer(id);
  const written = await layer.size();
  return { SizeRw: written, SizeRootFs: written + (layer.parent?.size ?? 0) };
}
