import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import type { ContainerConfig, HostConfig } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { hasBlockWeight } from "../../system/host.ts";
import { parseSignal } from "../signals.ts";
import { capabilitiesFor } from "../spec/capabilities.ts";
import { parseRule } from "../spec/devices.ts";
import { checkModes } from "./modes.ts";

const refuseIf = (condition: boolean | undefined, message: string) => {
  if (condition) throw invalidArgument(message);
};

/** Errors: invalidArgument, with stock's texts. */
export function checkConfig(config: ContainerConfig): void {
  const { WorkingDir = "", Env, StopSignal, StopTimeout, Healthcheck, ExposedPorts } = config;
  refuseIf(
    WorkingDir !== "" && !WorkingDir.startsWith("/"),
    `the working directory '${WorkingDir}' is invalid, it needs to be an absolute path`,
  );
  for (const entry of Env ?? [])
    refuseIf(entry === "" || entry.startsWith("="), `invalid environment variable: ${entry}`);
  if (StopSignal) parseSignal(StopSignal);
  refuseIf(StopTimeout != null && !Number.isInteger(StopTimeout), "StopTimeout must be a whole number");
  for (const port of Object.keys(ExposedPorts ?? {})) checkPort(port);
  checkHealth(Healthcheck);
}

function checkHealth(health: ContainerConfig["Healthcheck"]): void {
  if (!health) return;
  const millisecond = 1_000_000;
  for (const name of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
    const value = health[name] ?? 0;
    refuseIf(value !== 0 && value < millisecond, `${name} in Healthcheck cannot be less than 1ms`);
  }
  refuseIf((health.Retries ?? 0) < 0, "Retries in Healthcheck cannot be negative");
}

function checkPort(port: string, shown = port): void {
  const [numbers = "", protocol = "tcp", ...more] = port.split("/");
  const known = /^(tcp|udp|sctp)$/i.test(protocol) && more.length === 0;
  refuseIf(!known || !isPortRange(numbers), `invalid port specification: ${JSON.stringify(shown)}`);
}

/** "80" or "8000-8010" */
function isPortRange(text: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return match !== null && first <= last && last <= 65535;
}

/** Checks the host configuration. `runtimes` are the known names. Errors: invalidArgument. */
export function checkHostConfig(host: HostConfig, runtimes: readonly string[]): void {
  checkRestart(host);
  checkResources(host);
  checkModes(host);
  checkBindings(host);
  refuseIf(
    Boolean(host.IOMaximumIOps),
    "invalid option: QoS Maximum IOps configuration is not supported on linux",
  );
  refuseIf(
    Boolean(host.IOMaximumBandwidth),
    "invalid option: QoS Maximum bandwidth configuration is not supported on linux",
  );
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry);
  capabilitiesFor(host.CapAdd ?? [], host.CapDrop ?? [], false);
  for (const rule of host.DeviceCgroupRules ?? []) parseRule(rule);
  const isolation = host.Isolation ?? "";
  refuseIf(
    isolation !== "" && isolation !== "default",
    `invalid isolation (${isolation}): linux only supports 'default'`,
  );
  refuseIf(
    host.Runtime != null && host.Runtime !== "" && !runtimes.includes(host.Runtime),
    `unknown or invalid runtime name: ${host.Runtime}`,
  );
  for (const { Name = "", Soft = 0, Hard = 0 } of host.Ulimits ?? []) {
    refuseIf(!/^[a-z]+$/i.test(Name), `invalid ulimit type: ${Name}`);
    refuseIf(
      Hard >= 0 && Soft > Hard,
      `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`,
    );
  }
}

/** Errors: invalidArgument. */
export function checkRestart({ RestartPolicy, AutoRemove }: HostConfig): void {
  const { Name = "", MaximumRetryCount = 0 } = RestartPolicy ?? {};
  const known = ["", "no", "always", "on-failure", "unless-stopped"];
  refuseIf(
    !known.includes(Name),
    `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
  );
  refuseIf(
    MaximumRetryCount !== 0 && Name !== "on-failure",
    "invalid restart policy: maximum retry count can only be used with 'on-failure'",
  );
  refuseIf(MaximumRetryCount < 0, "invalid restart policy: maximum retry count cannot be negative");
  refuseIf(
    AutoRemove && Name !== "" && Name !== "no",
    "can't create 'AutoRemove' container with restart policy",
  );
}

const SMALLEST_MEMORY = 6 * 1024 * 1024;

/** Limits, at create and at update, which may be `partial`. Errors: invalidArgument. */
export function checkResources(host: HostConfig, partial = false): void {
  const {
    Memory = 0,
    MemorySwap = 0,
    MemoryReservation = 0,
    MemorySwappiness,
    OomScoreAdj = 0,
    ShmSize = 0,
  } = host;
  refuseIf(Memory !== 0 && Memory < SMALLEST_MEMORY, "Minimum memory limit allowed is 6MB");
  refuseIf(
    Memory > 0 && MemorySwap > 0 && MemorySwap < Memory,
    "Minimum memoryswap limit should be larger than memory limit, see usage",
  );
  refuseIf(
    Memory === 0 && MemorySwap > 0 && !partial,
    "You should always set the Memory limit when using Memoryswap limit, see usage",
  );
  refuseIf(
    MemorySwappiness != null && (MemorySwappiness < -1 || MemorySwappiness > 100),
    `Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`,
  );
  refuseIf(
    MemoryReservation > 0 && MemoryReservation < SMALLEST_MEMORY,
    "Minimum memory reservation allowed is 6MB",
  );
  refuseIf(
    Memory > 0 && MemoryReservation > 0 && Memory < MemoryReservation,
    "Minimum memory limit can not be less than memory reservation limit, see usage",
  );
  refuseIf(
    OomScoreAdj < -1000 || OomScoreAdj > 1000,
    `Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`,
  );
  refuseIf(ShmSize < 0, "SHM size can not be less than 0");
  checkCpu(host);
  const weight = host.BlkioWeight ?? 0;
  refuseIf(
    weight !== 0 && hasBlockWeight() && (weight < 10 || weight > 1000),
    "Range of blkio weight is from 10 to 1000",
  );
}

function checkCpu(host: HostConfig): void {
  const { CpuShares = 0, NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpusetCpus = "", CpusetMems = "" } = host;
  const cpus = availableParallelism();
  refuseIf(CpuShares < 0, `invalid CPU shares (${CpuShares}): value must be a positive integer`);
  refuseIf(NanoCpus > 0 && CpuPeriod > 0, "Conflicting options: Nano CPUs and CPU Period cannot both be set");
  refuseIf(NanoCpus > 0 && CpuQuota > 0, "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  refuseIf(
    NanoCpus < 0 || NanoCpus > cpus * 1e9,
    `range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`,
  );
  refuseIf(
    CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000),
    "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
  );
  refuseIf(CpuQuota > 0 && CpuQuota < 1000, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
  checkSet("CPUs", "cpuset cpus", CpusetCpus, "/sys/devices/system/cpu/online");
  checkSet("memory nodes", "cpuset mems", CpusetMems, "/sys/devices/system/node/online");
}

function checkSet(what: string, option: string, wanted: string, path: string): void {
  if (wanted === "") return;
  const asked = parseSet(wanted);
  if (asked === undefined)
    throw invalidArgument(`Invalid value ${wanted} for ${option}: invalid format: ${wanted}`);
  let available: string;
  try {
    available = readFileSync(path, "utf8").trim();
  } catch {
    return;
  }
  const there = parseSet(available) ?? new Set();
  refuseIf(
    [...asked].some((n) => !there.has(n)),
    `Requested ${what} are not available - requested ${wanted}, available: ${available}`,
  );
}

/** "0-2,4" as numbers; undefined if malformed. */
function parseSet(text: string): Set<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || first > last) return undefined;
    for (let n = first; n <= last; n++) numbers.add(n);
  }
  return numbers;
}

function checkBindings({ PortBindings }: HostConfig): void {
  for (const [port, bindings] of Object.entries(PortBindings ?? {})) {
    const [number = ""] = port.split("/");
    checkPort(port, number);
    // One port to a name; a client makes several names of a range.
    refuseIf(number.includes("-"), `invalid port specification: ${JSON.stringify(number)}`);
    for (const { HostIp = "", HostPort = "" } of bindings ?? []) {
      refuseIf(HostIp !== "" && isIP(HostIp) === 0, `invalid IP address: ${HostIp}`);
      refuseIf(
        HostPort !== "" && !isPortRange(HostPort),
        `invalid port specification: ${JSON.stringify(HostPort)}`,
      );
    }
  }
}

function checkExtraHost(entry: string): void {
  const at = entry.indexOf(":");
  refuseIf(at <= 0, `bad format for add-host: ${JSON.stringify(entry)}`);
  const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, "$1");
  refuseIf(
    address !== "host-gateway" && isIP(address) === 0,
    `invalid IP address in add-host: ${JSON.stringify(address)}`,
  );
}
