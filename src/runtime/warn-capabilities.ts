import type { Process } from "../oci/runtime-spec.ts";
import { unknownCapabilities, vainAmbient } from "./compile/process.ts";
import { knownCapabilities, lastCapability } from "./host.ts";

/** Tells of capabilities that the kernel, or this program, does not know: the process goes without them. */
export function warnOfCapabilities(process: Process | undefined, warn: (message: string) => void): void {
  if (!process?.capabilities) return;
  const unknown = unknownCapabilities(process, lastCapability());
  if (unknown.length > 0) warn(`ignoring unknown or unavailable capabilities: [${unknown.join(" ")}]`);
  if (!process.capabilities.ambient?.length) return;
  for (const name of vainAmbient(process, knownCapabilities()))
    warn(`can't raise ambient capability ${name}: it must be inheritable and permitted too`);
}
