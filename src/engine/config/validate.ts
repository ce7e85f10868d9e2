import { isIP } from "node:net";
import { invalidArgument } from "../../errors/errors.ts";
import type { EngineConfig } from "./config.ts";

const refuseIf = (condition: boolean, message: string): void => {
  if (condition) throw invalidArgument(message);
};

/** What no setting alone can tell, and stock's texts for what is out of bounds. Errors: invalidArgument. */
export function validateConfig(config: EngineConfig): void {
  checkLabels(config.labels);
  for (const address of config.dns) refuseIf(isIP(address) === 0, `${address} is not an ip address`);
  for (const domain of config.dnsSearch) refuseIf(!isDomain(domain), `${domain} is not a valid domain`);
  for (const address of config.hostGatewayIPs)
    refuseIf(isIP(address) === 0, `invalid IP address: ${address}`);
  refuseIf(config.mtu < 0, `invalid default MTU: ${config.mtu}`);
  refuseIf(
    config.maxConcurrentDownloads < 0,
    `invalid max concurrent downloads: ${config.maxConcurrentDownloads}`,
  );
  refuseIf(config.maxConcurrentUploads < 0, `invalid max concurrent uploads: ${config.maxConcurrentUploads}`);
  refuseIf(config.maxDownloadAttempts < 0, `invalid max download attempts: ${config.maxDownloadAttempts}`);
  checkRuntimes(config);
  refuseIf(
    Boolean(config.bridge && config.bridge !== "none" && config.bip),
    "You specified -b & --bip, mutually exclusive options. Please specify only one",
  );
}

function checkLabels(labels: readonly string[]): void {
  const values = new Map<string, string>();
  for (const label of labels) {
    const [name = "", ...rest] = label.split("=");
    refuseIf(rest.length === 0 || name === "", `bad attribute format: ${label}`);
    const value = rest.join("=");
    const other = values.get(name);
    refuseIf(
      other !== undefined && other !== value,
      `conflict labels for ${name}=${value} and ${name}=${other}`,
    );
    values.set(name, value);
  }
}

/** "." alone means none. */
const isDomain = (text: string): boolean =>
  text === "." || /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text);

const OWN_RUNTIMES = ["runc", "io.containerd.runc.v2"];

function checkRuntimes({ runtimes, defaultRuntime }: EngineConfig): void {
  refuseIf(Object.hasOwn(runtimes, "runc"), "runtime name 'runc' is reserved");
  refuseIf(
    !OWN_RUNTIMES.includes(defaultRuntime) && !Object.hasOwn(runtimes, defaultRuntime),
    `specified default runtime '${defaultRuntime}' does not exist`,
  );
}
