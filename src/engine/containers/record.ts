/** Containers on disk, as moby keeps them: config.v2.json and hostconfig.json in the container's folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerConfig, EndpointSettings, HostConfig, PortMap } from "../../api/schema.ts";
import { dataLoss, messageOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { NEVER } from "../time.ts";
import type { Container, ContainerFacts, MountPoint } from "./container.ts";
import { type StateRecord, stateFrom, stateRecordOf } from "./state/record.ts";

const RECORD = "config.v2.json";

interface ConfigV2 {
  State: StateRecord;
  ID: string;
  Created: string;
  Path: string;
  Args: string[] | null;
  Config: ContainerConfig;
  Image: string;
  NetworkSettings: {
    SandboxID?: string;
    SandboxKey?: string;
    Networks?: Record<string, EndpointSettings> | null;
    Ports?: PortMap | null;
  };
  LogPath: string;
  Name: string;
  Driver: string;
  RestartCount: number;
  HasBeenStartedBefore: boolean;
  HasBeenManuallyStopped: boolean;
  MountPoints: Record<string, MountPoint> | null;
  AppArmorProfile: string;
  SeccompProfile: string;
  NoNewPrivileges: boolean;
}

function configV2(container: Container): ConfigV2 & Record<string, unknown> {
  const { facts } = container;
  return {
    StreamConfig: {},
    State: stateRecordOf(facts.state),
    ID: facts.id,
    Created: facts.created,
    Managed: false,
    Path: facts.path,
    Args: facts.args,
    Config: facts.config,
    Image: facts.image,
    NetworkSettings: networkRecord(facts),
    LogPath: facts.logPath,
    Name: `/${facts.name}`,
    Driver: facts.driver,
    OS: "linux",
    MountLabel: "",
    ProcessLabel: "",
    RestartCount: facts.restartCount,
    HasBeenStartedBefore: facts.startedBefore,
    HasBeenManuallyStopped: facts.manuallyStopped,
    MountPoints: facts.mountPoints,
    SecretReferences: null,
    ConfigReferences: null,
    AppArmorProfile: facts.appArmorProfile,
    HostnamePath: container.hostnamePath,
    HostsPath: container.hostsPath,
    ShmPath: container.shmPath,
    ResolvConfPath: container.resolvConfPath,
    SeccompProfile: facts.seccompProfile,
    NoNewPrivileges: facts.noNewPrivileges,
    LocalLogCacheMeta: { HaveNotifyEnabled: false },
  };
}

/** What an endpoint has only while its container runs. */
export const NOT_CONNECTED = {
  EndpointID: "",
  Gateway: "",
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  MacAddress: "",
};

/** Every field, because stock Docker, when it takes the data root over, crashes on an endpoint that has none. */
const NO_ENDPOINT = {
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  NetworkID: "",
  ...NOT_CONNECTED,
  DriverOpts: null,
  IPAMOperational: false,
};

function networkRecord({ network }: ContainerFacts): ConfigV2["NetworkSettings"] & Record<string, unknown> {
  return {
    Bridge: "",
    SandboxID: network.SandboxID,
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Networks: Object.fromEntries(
      Object.entries(network.Networks).map(([name, endpoint]) => [
        name,
        { ...NO_ENDPOINT, ...endpoint } as EndpointSettings,
      ]),
    ),
    Service: null,
    Ports: network.Ports,
    SandboxKey: network.SandboxKey,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    IsAnonymousEndpoint: false,
    HasSwarmEndpoint: false,
  };
}

/** Writes the container's state. It survives the death of the daemon; a power loss may take the last change. */
export function saveContainer(container: Container): void {
  writeAtomic(container.file(RECORD), JSON.stringify(configV2(container)), {
    mode: 0o600,
    durability: "crash",
  });
}

/** Replaces hostconfig.json. */
export function saveHostConfig(container: Container): void {
  writeAtomic(container.file("hostconfig.json"), JSON.stringify(container.hostConfig), {
    durability: "crash",
  });
}

/** Makes the container's folder with all its files. */
export function saveNew(container: Container): void {
  mkdirSync(container.folder, { recursive: true, mode: 0o710 });
  saveHostConfig(container);
  saveContainer(container);
}

const REMOVING = "-removing";

/** Removes a container's folder: under another name first, so that no daemon finds the half of it. */
export async function removeFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const hidden = `${folder}${REMOVING}`;
  renameSync(folder, hidden);
  try {
    await rm(hidden, { recursive: true, force: true });
  } catch (error) {
    renameSync(hidden, folder);
    throw error;
  }
}

/** Files of saveNew() before the container's record, which comes last. */
const BEFORE_RECORD = /^(hostconfig\.json|config\.v2\.json)(\.tmp-|$)/;

/** Removes what a daemon left that was killed while it made a container, or removed one. True if that was it. */
export function removeHalf(folder: string): boolean {
  const isHalfMade =
    !existsSync(join(folder, RECORD)) && readdirSync(folder).every((file) => BEFORE_RECORD.test(file));
  if (!folder.endsWith(REMOVING) && !isHalfMade) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/** Reads a container's folder. Errors: dataLoss. */
export function loadFacts(folder: string): ContainerFacts {
  const config = readJSON<ConfigV2>(join(folder, RECORD));
  const hostPath = join(folder, "hostconfig.json");
  const network = config.NetworkSettings ?? {};
  return {
    id: config.ID,
    created: config.Created,
    name: config.Name.replace(/^\//, ""),
    path: config.Path,
    args: config.Args ?? [],
    config: config.Config,
    hostConfig: existsSync(hostPath) ? readJSON<HostConfig>(hostPath) : {},
    image: config.Image,
    driver: config.Driver,
    logPath: config.LogPath ?? "",
    mountPoints: config.MountPoints ?? {},
    network: {
      SandboxID: network.SandboxID ?? "",
      SandboxKey: network.SandboxKey ?? "",
      Networks: network.Networks ?? {},
      Ports: network.Ports ?? {},
    },
    state: stateFrom(config.State ?? ({ StartedAt: NEVER } as StateRecord)),
    restartCount: config.RestartCount ?? 0,
    manuallyStopped: config.HasBeenManuallyStopped ?? false,
    startedBefore: config.HasBeenStartedBefore ?? false,
    appArmorProfile: config.AppArmorProfile ?? "",
    seccompProfile: config.SeccompProfile ?? "",
    noNewPrivileges: config.NoNewPrivileges ?? false,
  };
}

function readJSON<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (cause) {
    throw dataLoss(`container state ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
