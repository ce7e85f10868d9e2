/** Checks of single flag values, as early as the flag is read. Each returns the value to keep. */

import { isIP } from "node:net";

/** An IP address, such as a DNS server's. */
export function checkAddress(text: string): string {
  const address = text.trim();
  if (isIP(address) === 0) throw new Error(`IP address is not correctly formatted: ${text}`);
  return address;
}

const DOMAIN =
  /^((?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))*)\.?\s*$/i;

/** A search domain, or "." for none. */
export function checkDomain(text: string): string {
  const domain = text.replace(/^ +| +$/g, "");
  if (domain === ".") return domain;
  const plain = /[a-z]/i.test(domain) ? DOMAIN.exec(domain)?.[1] : undefined;
  if (plain === undefined || plain.length >= 255) throw new Error(`${domain} is not a valid domain`);
  return plain;
}

/** stdin, stdout or stderr, in any case. */
export function checkAttach(text: string): string {
  const stream = text.toLowerCase();
  if (["stdin", "stdout", "stderr"].includes(stream)) return stream;
  throw new Error("valid streams are STDIN, STDOUT and STDERR");
}

/** TYPE MAJOR:MINOR MODE. */
export function checkDeviceRule(text: string): string {
  if (/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text)) return text;
  throw new Error(`invalid device cgroup format '${text}'`);
}

/** NAME or NAME=VALUE; a bare NAME takes the value of our own environment, or is dropped later when there is none. */
export function checkEnv(text: string): string {
  const equals = text.indexOf("=");
  if (text === "" || equals === 0) throw new Error(`invalid environment variable: ${text}`);
  if (equals > 0) return text;
  const own = process.env[text];
  return own === undefined ? text : `${text}=${own}`;
}

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?|host-gateway)$/;

/** HOST:IP or HOST=IP. */
export function checkHost(text: string): string {
  const split = /^([^=:]+)[=:](.+)$/.exec(text);
  if (!split?.[2]) throw new Error(`bad format for add-host: ${JSON.stringify(text)}`);
  const address = split[2];
  if (!ADDRESS.test(address)) throw new Error(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  return `${split[1]}:${address.replace(/^\[(.*)\]$/, "$1")}`;
}

/** NAME or NAME:ALIAS. */
export function checkLink(text: string): string {
  const parts = text.split(":");
  if (text === "") throw new Error("empty string specified for links");
  if (parts.length > 2) throw new Error(`bad format for links: ${text}`);
  return text;
}

const SYSCTLS = new Set(
  "msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced".split(" ").map((name) => `kernel.${name}`),
);

/** NAME=VALUE of a kernel setting that namespaces have of their own. */
export function checkSysctl(text: string): string {
  const name = text.slice(0, Math.max(text.indexOf("="), 0));
  if (SYSCTLS.has(name) || /^(net|fs\.mqueue)\./.test(name)) return text;
  throw new Error(`sysctl '${text}' is not allowed`);
}

/** PATH:WEIGHT. */
export function checkWeightDevice(text: string): string {
  const [path, weight, ...more] = text.split(":");
  if (weight === undefined || more.length > 0) throw new Error(`bad format: ${text}`);
  if (!path?.startsWith("/dev/")) throw new Error(`bad format for device path: ${text}`);
  const number = Number(weight);
  if (!Number.isInteger(number) || (number > 0 && (number < 10 || number > 1000)))
    throw new Error(`invalid weight for device: ${text}`);
  return text;
}

const ULIMITS = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);

/** NAME=SOFT[:HARD]. */
export function checkUlimit(text: string): string {
  const match = /^([^=]+)=([^:]*)(?::([^:]*))?(:.*)?$/.exec(text);
  if (!match) throw new Error(`invalid ulimit argument: ${text}`);
  const [, name, soft, hard, more] = match;
  if (!ULIMITS.has(name!)) throw new Error(`invalid ulimit type: ${name}`);
  if (more !== undefined)
    throw new Error(
      `too many limit value arguments - ${text.slice(name!.length + 1)}, can only have up to two, \`soft[:hard]\``,
    );
  for (const limit of [soft, hard]) {
    if (limit !== undefined && !/^-?\d+$/.test(limit))
      throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
  }
  if (hard !== undefined && hard !== "-1" && (soft === "-1" || Number(soft) > Number(hard)))
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  return text;
}
