import { readFileSync } from "node:fs";
import { errnoOf, invalidArgument } from "../../errors/errors.ts";

/** What `--storage-opt overlay2.…` sets. */
export interface OverlayOptions {
  /** index=: hard links stay whole when copied up. Undefined: off where the kernel has the switch, as stock. */
  index?: boolean;
  /** metacopy=: a chown or chmod copies no content. */
  metacopy?: boolean;
  /** userxattr: marks in user.overlay.*, for user namespaces. */
  userxattr?: boolean;
  /** Bytes that each container may write, where the backing file system has project quotas. */
  size?: string;
}

const SWITCHES = ["index", "metacopy", "userxattr"] as const;

/** Reads "overlay2.metacopy=on". Errors: invalidArgument for what is not known. */
export function overlayOptions(given: string[]): OverlayOptions {
  const options: OverlayOptions = {};
  for (const text of given) {
    const match = /^(?:overlay2\.)?([a-z_]+)=(.*)$/.exec(text);
    const [key = "", value = ""] = match?.slice(1) ?? [];
    const name = SWITCHES.find((one) => one === key);
    if (name) options[name] = switchOf(text, value);
    else if (key === "size") options.size = value;
    else if (key !== "override_kernel_check")
      throw invalidArgument(
        `overlay2: unknown option ${text} (known: overlay2.size, overlay2.index, overlay2.metacopy, overlay2.userxattr)`,
      );
  }
  return options;
}

function switchOf(text: string, value: string): boolean {
  if (["on", "true", "1"].includes(value)) return true;
  if (["off", "false", "0"].includes(value)) return false;
  throw invalidArgument(`overlay2: ${text}: want on or off`);
}

/** The kernel's switch, "Y" or "N"; undefined where it has none. */
function kernelSwitch(name: string): string | undefined {
  try {
    return readFileSync(`/sys/module/overlay/parameters/${name}`, "utf8").trim();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What goes in front of lowerdir=… in each mount. */
export function mountPrefix(options: OverlayOptions): string {
  const parts: string[] = [];
  if (options.index !== undefined || kernelSwitch("index") !== undefined)
    parts.push(`index=${options.index ? "on" : "off"}`);
  if (options.metacopy !== undefined) parts.push(`metacopy=${options.metacopy ? "on" : "off"}`);
  if (options.userxattr) parts.push("userxattr");
  return parts.map((part) => `${part},`).join("");
}

/** False where a layer's own folder may hold files without their content. */
export function hasNativeDiff(options: OverlayOptions): boolean {
  return !(options.metacopy ?? kernelSwitch("metacopy") === "Y") && !options.userxattr;
}
