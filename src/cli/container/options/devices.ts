import { normalize } from "node:path";
import type { DeviceMapping, DeviceRequest, ThrottleDevice } from "../../../api/schema.ts";
import { parseSize } from "../../../units/size.ts";
import { csvPairs } from "./csv.ts";

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
    ? "the correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb"
    : "the correct format is <device-path>:<number>. Number must be a positive integer";
  const value = bytes ? sizeOr(rate) : /^\d+$/.test(rate) ? Number(rate) : undefined;
  if (value === undefined) throw new Error(`invalid rate for device: ${text}. ${kind}`);
  return { Path: path, Rate: value };
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

/** --gpus: "all", a count, or count=,device=,capabilities=,driver=,options=. */
export function parseGpus(text: string): DeviceRequest {
  const request: DeviceRequest = {
    Driver: "",
    Count: 0,
    DeviceIDs: [],
    Capabilities: [["gpu"]],
    Options: {},
  };
  const count = (value: string) => {
    if (value === "all") return -1;
    if (!/^-?\d+$/.test(value))
      throw new Error(`invalid count (${value}): value must be either "all" or an integer`);
    return Number(value);
  };
  for (const [key, value] of csvPairs(text)) {
    if (value === undefined) request.Count = count(key);
    else if (key === "count") request.Count = count(value);
    else if (key === "device") request.DeviceIDs = value.split(",");
    else if (key === "capabilities") request.Capabilities = [["gpu", ...value.split(",")]];
    else if (key === "driver") request.Driver = value;
    else if (key === "options")
      request.Options = Object.fromEntries(csvPairs(value).map(([k, v]) => [k, v ?? ""]));
    else throw new Error(`unexpected key '${key}' in '${key}=${value}'`);
  }
  if (request.Count === 0 && request.DeviceIDs?.length === 0) request.Count = 1;
  return request;
}
