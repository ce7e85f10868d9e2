import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import type { DeviceMapping, HostConfig } from "../../../api/schema.ts";
import { errnoOf, invalidArgument, systemError } from "../../../errors/errors.ts";
import type { LinuxDevice, LinuxDeviceCgroup } from "../../../oci/runtime-spec.ts";
import { defaultDeviceRules } from "./defaults.ts";
import { splitDevice } from "./resources.ts";

export interface ContainerDevices {
  devices: LinuxDevice[];
  rules: LinuxDeviceCgroup[];
}

/** Folders and files of /dev that each container has on its own. */
const OWN = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console"];

/** Device nodes and rules of a container. Errors: system, with stock's text, for a device that is not there. */
export function devicesFor(host: HostConfig): ContainerDevices {
  const extra = (host.DeviceCgroupRules ?? []).map(parseRule);
  if (host.Privileged) {
    const mapped = (host.Devices ?? []).flatMap((mapping) => mappedDevices(mapping).devices);
    return { devices: [...hostDevices("/dev"), ...mapped], rules: [{ allow: true, access: "rwm" }] };
  }
  const mapped = (host.Devices ?? []).map(mappedDevices);
  return {
    devices: mapped.flatMap(({ devices }) => devices),
    rules: [...defaultDeviceRules(), ...mapped.flatMap(({ rules }) => rules), ...extra],
  };
}

function deviceOf(path: string, status: Stats): LinuxDevice | undefined {
  const type = status.isCharacterDevice() ? "c" : status.isBlockDevice() ? "b" : undefined;
  if (type === undefined) return undefined;
  const { major, minor } = splitDevice(status.rdev);
  return { path, type, major, minor, fileMode: status.mode & 0o7777, uid: status.uid, gid: status.gid };
}

function hostDevices(folder: string): LinuxDevice[] {
  const devices: LinuxDevice[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!OWN.includes(entry.name)) devices.push(...hostDevices(path));
      continue;
    }
    if (entry.name === "console" || (!entry.isCharacterDevice() && !entry.isBlockDevice())) continue;
    const device = deviceOf(path, lstatSync(path));
    if (device) devices.push(device);
  }
  return devices;
}

function mappedDevices(mapping: DeviceMapping): ContainerDevices {
  const { PathOnHost = "", PathInContainer = PathOnHost, CgroupPermissions = "rwm" } = mapping;
  const target = PathInContainer || PathOnHost;
  const access = CgroupPermissions || "rwm";
  let source: string;
  try {
    source = realpathSync(PathOnHost);
  } catch (cause) {
    if (errnoOf(cause) !== "ENOENT") throw cause;
    const text = `error gathering device information while adding custom device "${PathOnHost}": no such file or directory`;
    throw systemError(text, { cause });
  }
  const found = statSync(source).isDirectory()
    ? hostDevices(source).map((device) => ({ ...device, path: target + device.path.slice(source.length) }))
    : [deviceOf(target, statSync(source))];
  const devices = found.filter((device) => device !== undefined);
  if (devices.length === 0) {
    throw systemError(
      `error gathering device information while adding custom device "${PathOnHost}": not a device node`,
    );
  }
  const rules = devices.map(({ type, major, minor }) => ({
    allow: true,
    type: type as "b" | "c",
    major: major ?? 0,
    minor: minor ?? 0,
    access,
  }));
  return { devices, rules };
}

/** "c 1:3 rwm", "b *:* m". Errors: invalidArgument. */
export function parseRule(text: string): LinuxDeviceCgroup {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw invalidArgument(`invalid device cgroup rule format: '${text}'`);
  const number = (word: string | undefined) => (word === "*" ? -1 : Number(word));
  return {
    allow: true,
    type: match[1] as "a" | "b" | "c",
    major: number(match[2]),
    minor: number(match[3]),
    access: match[4]!,
  };
}
