import {
  createDevice,
  type DeviceInfo,
  deviceInfo,
  removeDevice,
  resumeDevice,
  sendMessage,
  suspendDevice,
  type TargetLine,
  targetOf,
} from "../../linux/device-mapper.ts";

/** What the driver needs of the kernel's device mapper; see src/linux/device-mapper.ts. */
export interface Mapper {
  info(name: string): DeviceInfo | undefined;
  create(name: string, target: TargetLine): DeviceInfo;
  remove(name: string, how?: { deferred?: boolean }): void;
  suspend(name: string): void;
  resume(name: string): void;
  message(name: string, text: string): void;
  target(name: string, how?: { table?: boolean }): TargetLine;
}

export const kernelMapper: Mapper = {
  info: deviceInfo,
  create: createDevice,
  remove: removeDevice,
  suspend: suspendDevice,
  resume: resumeDevice,
  message: sendMessage,
  target: targetOf,
};
