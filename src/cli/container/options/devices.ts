import { normalize } from "node:path";
import type { DeviceMapping, DeviceRequest, ThrottleDevice } from "../../../api/schema.ts";
import { parseSize } from "../../../units/size.ts";
import { splitCsv } from "./csv.ts";
import { toMap } from "./env.ts";

/** HOST[:CONTAINER[:MODE]], where MODE is made of r, w and m, each once. Errors: in the words of the docker client. */
export function parseDevice(text: string): DeviceMapping {
  const [path = "", second, mode, ...more] = text.split(":");
  if (more.length > 0 || path === "") throw new Error(`bad format for path: ${text}`);
  if (mode !== undefined && !isMode(mode)) throw new Error(`bad mode specified: ${mode}`);
  const secondIsMode = second !== undefined && mode === undefined && isMode(second);
  const inside = second === undefined || secondIsMode ? path : second;
  if (!inside.startsWith("/")) throw new Error(`${inside} is not an absolute path`);
  return {
    PathOnHost: second === undefined || secondIsMode ? normalize(path) : path,
    PathInContainer: mode === undefined ? normalize(inside) : inside,
    CgroupPermissions: mode ?? (secondIsMode ? second : "rwm"),
  };
}

const isMode = (text: string) => /^[rwm]+$/.test(text) && new Set(text).size === text.length;

/** Whether the device is named in the way of the Container Device Interface: vendor.com/class=name. */
export const isCdiDevice = (text: string): boolean => /^[\w.-]+\/[\w.-]+=[\w.:-]+$/.test(text);

/** PATH:RATE, where the rate may have a unit when `bytes`. */
export function parseThrottle(text: string, bytes: boolean): ThrottleDevice {
  const colon = text.lastIndexOf(":");
  const [path, rate] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (colon < 0) throw new Error(`bad format: ${text}`);
  if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
  const kind = bytes
    ? "The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb"
    : "The correct format is <device-path>:<number>. Number must be a positive integer";
  const value = bytes ? sizeOr(rate) : /^\d+$/.test(rate) ? Number(rate) : undefined;
  if (value === undefined) throw new Error(`invalid rate for device: ${text}. ${kind}`);
  return { Path: path, Rate: value };
}

/** Checks a --device-read-bps or --device-write-bps value while the flags are read. */
export function checkByteRate(text: string): string {
  parseThrottle(text, true);
  return text;
}

/** Checks a --device-read-iops or --device-write-iops value while the flags are read. */
export function checkRate(text: string): string {
  parseThrottle(text, false);
  return text;
}

function sizeOr(text: string): number | undefined {
  try {
    return parseSize(text);
  } catch {
    return undefined;
  }
}

/** PATH:WEIGHT, checked when the flag was read. */
export function parseWeight(text: string): { Path: string; Weight: number } {
  const colon = text.lastIndexOf(":");
  return { Path: text.slice(0, colon), Weight: Number(text.slice(colon + 1)) };
}

/** --gpus: "all", a count, or count=,device=,capabilities=,driver=,options=. Errors: in stock's words. */
export function parseGpus(text: string): DeviceRequest {
  if (text === "") throw new Error("EOF");
  const request: DeviceRequest = { Driver: "", Count: 0, Capabilities: [["gpu"]], Options: {} };
  const seen = new Set<string>();
  for (const field of splitCsv(text)) {
    const equals = field.indexOf("=");
    const key = equals < 0 ? field : field.slice(0, equals);
    if (seen.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    seen.add(key);
    if (equals >= 0) applyGpuField(request, key, field.slice(equals + 1), field);
    else {
      seen.add("count");
      request.Count = gpuCount(key);
    }
  }
  if (!seen.has("count") && request.DeviceIDs === undefined) request.Count = 1;
  return request;
}

function gpuCount(text: string): number {
  if (text === "all") return -1;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new Error(`invalid count (${text}): value must be either "all" or an integer: invalid syntax`);
}

function applyGpuField(request: DeviceRequest, key: string, value: string, field: string): void {
  if (key === "driver") request.Driver = value;
  else if (key === "count") request.Count = gpuCount(value);
  else if (key === "device") request.DeviceIDs = value.split(",");
  else if (key === "capabilities") request.Capabilities = [[...value.split(","), "gpu"]];
  else if (key === "options") request.Options = toMap(splitCsv(value));
  else throw new Error(`unexpected key '${key}' in '${field}'`);
}

/** Checks a --gpus value while the flags are read. */
export function checkGpus(text: string): string {
  parseGpus(text);
  return text;
}
