/** linux.netDevices: network devices of the host that become the container's. docker-runc moves them while init waits. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { type Plan, SYNC } from "../plan/ops.ts";
import { namespacesOf } from "./namespaces.ts";

const TAG = "linux.netDevices";
/** IFNAMSIZ without the NUL. */
const MAX_NAME = 15;

const isName = (name: string) =>
  name !== "" &&
  Buffer.byteLength(name) <= MAX_NAME &&
  name !== "." &&
  name !== ".." &&
  !/[/:\s\0]/.test(name);

export interface MovedDevice {
  /** On the host, and in the container. */
  from: string;
  to: string;
}

/** What is to be moved. Errors: invalidArgument, in runc's words. */
export function movedDevices(spec: Spec, rootless: boolean): MovedDevice[] {
  const devices = Object.entries(spec.linux?.netDevices ?? {}).map(([from, device]) => ({
    from,
    to: device?.name || from,
  }));
  if (devices.length === 0) return [];
  if (!namespacesOf(spec).has("network"))
    throw invalidArgument(
      `${TAG}: unable to move network devices without a NET namespace: add one of type network to linux.namespaces`,
    );
  if (rootless) throw invalidArgument(`${TAG}: network devices are not supported for rootless containers`);
  for (const { from, to } of devices)
    for (const name of [from, to])
      if (!isName(name)) throw invalidArgument(`${TAG}: invalid network device name ${JSON.stringify(name)}`);
  const twice = devices.find(({ to }, i) => devices.findIndex((other) => other.to === to) !== i);
  if (twice)
    throw invalidArgument(
      `${TAG}: two network devices would be ${JSON.stringify(twice.to)} in the container`,
    );
  return devices;
}

export const netDeviceOps = (spec: Spec, rootless: boolean): Plan =>
  movedDevices(spec, rootless).length > 0 ? [{ op: "sync", tag: TAG, point: SYNC.netDevices }] : [];
