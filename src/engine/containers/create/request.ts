import type { ContainerConfig, HostConfig, NetworkingConfig } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";

/** Body of POST /containers/create. */
export type CreateBody = ContainerConfig & {
  HostConfig?: HostConfig | null;
  NetworkingConfig?: NetworkingConfig | null;
};

export interface CreateRequest {
  name: string | undefined;
  /** "linux/amd64" or "". */
  platform: string;
  body: CreateBody;
  /** The request's API version is at least this one. */
  atLeast(version: string): boolean;
}

type Kind = "string" | "number" | "uint16" | "devices" | "boolean" | "strings" | "map" | "object" | "list";

const CONFIG_FIELDS: Record<string, Kind> = {
  Hostname: "string",
  Domainname: "string",
  User: "string",
  AttachStdin: "boolean",
  AttachStdout: "boolean",
  AttachStderr: "boolean",
  ExposedPorts: "object",
  Tty: "boolean",
  OpenStdin: "boolean",
  StdinOnce: "boolean",
  Env: "strings",
  Cmd: "strings",
  Healthcheck: "object",
  Image: "string",
  Volumes: "object",
  WorkingDir: "string",
  Entrypoint: "strings",
  NetworkDisabled: "boolean",
  MacAddress: "string",
  Labels: "map",
  StopSignal: "string",
  StopTimeout: "number",
  Shell: "strings",
  HostConfig: "object",
  NetworkingConfig: "object",
};

const HOST_FIELDS: Record<string, Kind> = {
  Binds: "strings",
  LogConfig: "object",
  NetworkMode: "string",
  PortBindings: "object",
  RestartPolicy: "object",
  AutoRemove: "boolean",
  VolumeDriver: "string",
  VolumesFrom: "strings",
  Mounts: "list",
  ConsoleSize: "list",
  Annotations: "map",
  CapAdd: "strings",
  CapDrop: "strings",
  CgroupnsMode: "string",
  Dns: "strings",
  DnsOptions: "strings",
  DnsSearch: "strings",
  ExtraHosts: "strings",
  GroupAdd: "strings",
  IpcMode: "string",
  Links: "strings",
  OomScoreAdj: "number",
  PidMode: "string",
  Privileged: "boolean",
  PublishAllPorts: "boolean",
  ReadonlyRootfs: "boolean",
  SecurityOpt: "strings",
  StorageOpt: "map",
  Tmpfs: "map",
  UTSMode: "string",
  UsernsMode: "string",
  ShmSize: "number",
  Sysctls: "map",
  Runtime: "string",
  MaskedPaths: "strings",
  ReadonlyPaths: "strings",
  CpuShares: "number",
  Memory: "number",
  NanoCpus: "number",
  CgroupParent: "string",
  BlkioWeight: "uint16",
  BlkioWeightDevice: "devices",
  BlkioDeviceReadBps: "devices",
  BlkioDeviceWriteBps: "devices",
  BlkioDeviceReadIOps: "devices",
  BlkioDeviceWriteIOps: "devices",
  CpuPeriod: "number",
  CpuQuota: "number",
  CpuRealtimePeriod: "number",
  CpuRealtimeRuntime: "number",
  CpusetCpus: "string",
  CpusetMems: "string",
  Devices: "list",
  DeviceCgroupRules: "strings",
  DeviceRequests: "list",
  MemoryReservation: "number",
  MemorySwap: "number",
  MemorySwappiness: "number",
  OomKillDisable: "boolean",
  Init: "boolean",
  PidsLimit: "number",
  Ulimits: "list",
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isUnsigned = (value: unknown, bits: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** bits;

/** A limit of one device: its path, and a weight or a rate. */
const isDeviceLimit = (value: unknown): boolean =>
  isObject(value) &&
  ["string", "undefined"].includes(typeof value["Path"]) &&
  isUnsigned(value["Weight"] ?? 0, 16) &&
  isUnsigned(value["Rate"] ?? 0, 64);

const CHECKS: Record<Kind, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isInteger(value),
  uint16: (value) => isUnsigned(value, 16),
  devices: (value) => Array.isArray(value) && value.every(isDeviceLimit),
  boolean: (value) => typeof value === "boolean",
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  map: (value) => isObject(value) && Object.values(value).every((item) => typeof item === "string"),
  object: isObject,
  list: (value) => Array.isArray(value) && value.every((item) => item !== undefined),
};

function checkFields(where: string, value: Record<string, unknown>, fields: Record<string, Kind>): void {
  for (const [name, kind] of Object.entries(fields)) {
    const field = value[name];
    if (field === undefined || field === null || CHECKS[kind](field)) continue;
    throw invalidArgument(
      `invalid JSON: ${where}${name}: want ${kind}, got ${JSON.stringify(field).slice(0, 80)}`,
    );
  }
}

/** Checks the types of what was sent; unknown fields are ignored, as stock does. Errors: invalidArgument. */
export function parseBody(body: unknown): CreateBody {
  if (!isObject(body)) throw invalidArgument("config cannot be empty in order to create a container");
  // A command may be one string.
  for (const name of ["Cmd", "Entrypoint", "Shell"]) {
    if (typeof body[name] === "string") body[name] = [body[name]];
  }
  checkFields("", body, CONFIG_FIELDS);
  if (isObject(body["HostConfig"])) checkFields("HostConfig.", body["HostConfig"], HOST_FIELDS);
  return body as CreateBody;
}

/** The resource fields of an update. Errors: invalidArgument. */
export function parseHostFields(body: unknown): HostConfig {
  if (!isObject(body)) throw invalidArgument("invalid JSON: want an object");
  checkFields("", body, HOST_FIELDS);
  return body as HostConfig;
}
