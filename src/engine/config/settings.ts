import { invalidArgument } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";
import { readBuilderGC } from "./builder.ts";
import type { AddressPool, EngineConfig, Ulimit } from "./config.ts";
import type { DOCKERD_FLAGS } from "./flags.ts";

/** A setting that daemon.json and the command line both know: where it goes, and how it is read. */
export interface Setting {
  /** Its name in daemon.json. */
  key: string;
  flag?: keyof typeof DOCKERD_FLAGS;
  /** Takes the value of either source. Errors: invalidArgument. */
  apply(config: EngineConfig, value: unknown): void;
}

const bad = (key: string, want: string, value: unknown) =>
  invalidArgument(`invalid value for ${key}: ${JSON.stringify(value)} is not ${want}`);

type KeysOf<T> = { [K in keyof EngineConfig]: T extends EngineConfig[K] ? K : never }[keyof EngineConfig];

function text(key: string, field: KeysOf<string>, flag = key): Setting {
  return {
    key,
    flag: flag as keyof typeof DOCKERD_FLAGS,
    apply(config, value) {
      if (typeof value !== "string") throw bad(key, "a string", value);
      (config[field] as string) = value;
    },
  };
}

function bool(key: string, field: KeysOf<boolean>): Setting {
  return {
    key,
    flag: key as keyof typeof DOCKERD_FLAGS,
    apply(config, value) {
      if (typeof value !== "boolean") throw bad(key, "true or false", value);
      (config[field] as boolean) = value;
    },
  };
}

function int(key: string, field: KeysOf<number>): Setting {
  return {
    key,
    flag: key as keyof typeof DOCKERD_FLAGS,
    apply(config, value) {
      if (!Number.isInteger(value)) throw bad(key, "a whole number", value);
      (config[field] as number) = value as number;
    },
  };
}

function list(key: string, field: KeysOf<string[]>, flag: string): Setting {
  return {
    key,
    flag: flag as keyof typeof DOCKERD_FLAGS,
    apply(config, value) {
      if (!isStrings(value)) throw bad(key, "a list of strings", value);
      (config[field] as string[]) = value;
    },
  };
}

function oneOf(
  key: string,
  field: keyof EngineConfig,
  words: readonly string[],
  refusal: (word: string) => string,
): Setting {
  return {
    key,
    flag: key as keyof typeof DOCKERD_FLAGS,
    apply(config, value) {
      if (!words.includes(value as string)) throw invalidArgument(refusal(String(value)));
      Object.assign(config, { [field]: value });
    },
  };
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function pairs(key: string, items: string[]): [string, string][] {
  return items.map((item) => {
    const mark = item.indexOf("=");
    if (mark <= 0) throw bad(key, "NAME=VALUE", item);
    return [item.slice(0, mark), item.slice(mark + 1)];
  });
}

/** "nofile=1024:2048" */
function ulimitOf(name: string, value: string): Ulimit {
  const [soft, hard = soft] = value.split(":");
  const numbers = [Number(soft), Number(hard)];
  if (numbers.some((n) => !Number.isInteger(n)))
    throw bad("default-ulimits", "NAME=SOFT[:HARD]", `${name}=${value}`);
  return { Name: name, Soft: numbers[0]!, Hard: numbers[1]! };
}

function applyRuntimes(config: EngineConfig, value: unknown): void {
  if (Array.isArray(value) && !isStrings(value)) throw bad("runtimes", "an object", value);
  const entries = isStrings(value)
    ? pairs("runtimes", value).map(([name, path]) => [name, { path }] as const)
    : Object.entries(value as Record<string, { path?: string; runtimeArgs?: string[] }>);
  for (const [name, runtime] of entries) {
    if (!runtime?.path) throw bad("runtimes", 'of the form {"NAME":{"path":"..."}}', value);
    config.runtimes[name] = runtime as EngineConfig["runtimes"][string];
  }
}

function applyPools(config: EngineConfig, value: unknown): void {
  const pools = isStrings(value)
    ? value.map((item) => Object.fromEntries(pairs("default-address-pools", item.split(","))))
    : (value as Record<string, unknown>[]);
  config.defaultAddressPools = pools.map((pool): AddressPool => {
    const found = { base: String(pool["base"]), size: Number(pool["size"]) };
    if (!found.base.includes("/") || !Number.isInteger(found.size)) {
      throw bad("default-address-pools", "of the form base=10.0.0.0/8,size=24", pool);
    }
    return found;
  });
}

function applyMirrors(config: EngineConfig, value: unknown): void {
  if (isStrings(value)) {
    for (const url of value) checkMirror(url);
    config.registryMirrors = value;
    return;
  }
  for (const [host, urls] of Object.entries(value as Record<string, unknown>)) {
    if (!isStrings(urls))
      throw bad("registry-mirrors", "a list of URLs, or lists of URLs by registry", value);
    for (const url of urls) checkMirror(url);
    config.registryMirrorsByHost[host] = urls;
  }
}

function checkMirror(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const refuse = (why: string) => {
    throw invalidArgument(`invalid mirror: ${why}`);
  };
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    const scheme = url.includes("://") ? url.split("://")[0] : "";
    return refuse(`unsupported scheme "${scheme}" in "${url}"`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    parsed.password &&= "xxxxx";
    refuse(`username/password not allowed in URI "${parsed.href.replace(/\/$/, "")}"`);
  }
  if (parsed.pathname !== "/" || parsed.search !== "" || parsed.hash !== "")
    refuse(`path, query, or fragment at end of the URI "${url}"`);
}

function applyProxies(config: EngineConfig, value: unknown): void {
  const proxies = value as Record<string, string>;
  config.httpProxy = proxies["http-proxy"];
  config.httpsProxy = proxies["https-proxy"];
  config.noProxy = proxies["no-proxy"];
}

function applySize(config: EngineConfig, value: unknown): void {
  config.defaultShmSize = typeof value === "number" ? value : parseSize(String(value));
}

function applyLogOpts(config: EngineConfig, value: unknown): void {
  config.logOpts = isStrings(value)
    ? Object.fromEntries(pairs("log-opts", value))
    : (value as Record<string, string>);
}

/** {"bridge":{"name":"value"}}, or "bridge=name=value" */
function applyNetworkOpts(config: EngineConfig, value: unknown): void {
  const key = "default-network-opts";
  if (isStrings(value)) {
    for (const [driver, option] of pairs(key, value)) {
      const [[name, text]] = pairs(key, [option]) as [[string, string]];
      config.defaultNetworkOpts[driver] = { ...config.defaultNetworkOpts[driver], [name]: text };
    }
    return;
  }
  for (const [driver, options] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    const all = Object.values(options ?? {});
    if (all.some((text) => typeof text !== "string")) throw bad(key, "names and values by driver", value);
    config.defaultNetworkOpts[driver] = options as Record<string, string>;
  }
}

/** As stock, names that mean nothing here are taken. */
function applyFeatures(config: EngineConfig, value: unknown): void {
  if (Array.isArray(value)) throw bad("features", "an object", value);
  const all = Object.entries(value ?? {});
  for (const [name, on] of all)
    if (typeof on !== "boolean") throw bad(`features.${name}`, "true or false", on);
  config.features = Object.fromEntries(all) as Record<string, boolean>;
}

function applyBuilder(config: EngineConfig, value: unknown): void {
  config.builderGC = readBuilderGC(value);
}

/** Every setting; a key of daemon.json that is not here is an error. */
export const SETTINGS: readonly Setting[] = [
  bool("debug", "debug"),
  oneOf(
    "log-level",
    "logLevel",
    ["debug", "info", "warn", "error", "fatal"],
    (level) => `invalid logging level: ${level}`,
  ),
  oneOf("log-format", "logFormat", ["text", "json"], (format) => `invalid log format: ${format}`),
  list("hosts", "hosts", "host"),
  bool("tls", "tls"),
  bool("tlsverify", "tlsVerify"),
  text("tlscacert", "tlsCACert"),
  text("tlscert", "tlsCert"),
  text("tlskey", "tlsKey"),
  text("metrics-addr", "metricsAddress"),
  list("authorization-plugins", "authorizationPlugins", "authorization-plugin"),
  text("group", "group"),
  text("data-root", "dataRoot"),
  text("graph", "dataRoot"),
  text("exec-root", "execRoot"),
  text("pidfile", "pidFile"),
  text("containerd", "containerd"),
  text("containerd-namespace", "containerdNamespace"),
  text("storage-driver", "storageDriver"),
  list("storage-opts", "storageOpts", "storage-opt"),
  { key: "registry-mirrors", flag: "registry-mirror", apply: applyMirrors },
  list("insecure-registries", "insecureRegistries", "insecure-registry"),
  int("max-concurrent-downloads", "maxConcurrentDownloads"),
  int("max-concurrent-uploads", "maxConcurrentUploads"),
  int("max-download-attempts", "maxDownloadAttempts"),
  text("bridge", "bridge"),
  text("bip", "bip"),
  text("fixed-cidr", "fixedCIDR"),
  text("fixed-cidr-v6", "fixedCIDRv6"),
  text("default-gateway", "defaultGateway"),
  text("default-gateway-v6", "defaultGatewayV6"),
  bool("iptables", "iptables"),
  bool("ip6tables", "ip6tables"),
  bool("ipv6", "ipv6"),
  bool("ip-masq", "ipMasq"),
  bool("ip-forward", "ipForward"),
  bool("icc", "icc"),
  text("ip", "defaultIP"),
  bool("userland-proxy", "userlandProxy"),
  text("userland-proxy-path", "userlandProxyPath"),
  int("mtu", "mtu"),
  { key: "default-address-pools", flag: "default-address-pool", apply: applyPools },
  list("dns", "dns", "dns"),
  list("dns-search", "dnsSearch", "dns-search"),
  list("dns-opts", "dnsOpts", "dns-opt"),
  text("default-runtime", "defaultRuntime"),
  { key: "runtimes", flag: "add-runtime", apply: applyRuntimes },
  text("cgroup-parent", "cgroupParent"),
  list("exec-opts", "execOpts", "exec-opt"),
  bool("init", "init"),
  text("init-path", "initPath"),
  { key: "default-shm-size", flag: "default-shm-size", apply: applySize },
  oneOf("default-ipc-mode", "defaultIpcMode", ["private", "shareable"], (mode) =>
    mode === "host" || mode === "none"
      ? `IPC mode "${mode}" is not supported as default value; use "shareable" or "private"`
      : `default IPC mode setting (${mode}) is invalid; use "shareable" or "private"`,
  ),
  oneOf(
    "default-cgroupns-mode",
    "defaultCgroupnsMode",
    ["private", "host"],
    (mode) => `default cgroup namespace mode (${mode}) is invalid; use "host" or "private"`,
  ),
  {
    key: "default-ulimits",
    flag: "default-ulimit",
    apply(config, value) {
      if (isStrings(value)) {
        for (const [name, limits] of pairs("default-ulimits", value))
          config.defaultUlimits[name] = ulimitOf(name, limits);
      } else config.defaultUlimits = value as Record<string, Ulimit>;
    },
  },
  bool("no-new-privileges", "noNewPrivileges"),
  text("userns-remap", "usernsRemap"),
  text("seccomp-profile", "seccompProfile"),
  text("log-driver", "logDriver"),
  {
    key: "log-opts",
    flag: "log-opt",
    apply: applyLogOpts,
  },
  bool("live-restore", "liveRestore"),
  int("shutdown-timeout", "shutdownTimeout"),
  list("labels", "labels", "label"),
  bool("experimental", "experimental"),
  list("host-gateway-ips", "hostGatewayIPs", "host-gateway-ip"),
  {
    key: "host-gateway-ip",
    apply(config, value) {
      if (typeof value !== "string") throw bad("host-gateway-ip", "a string", value);
      config.hostGatewayIPs = [value];
    },
  },
  { key: "default-network-opts", flag: "default-network-opt", apply: applyNetworkOpts },
  int("oom-score-adjust", "oomScoreAdjust"),
  text("containerd-plugins-namespace", "containerdPluginsNamespace"),
  list("allow-nondistributable-artifacts", "nondistributableArtifacts", "allow-nondistributable-artifacts"),
  bool("selinux-enabled", "selinuxEnabled"),
  bool("raw-logs", "rawLogs"),
  int("network-control-plane-mtu", "networkControlPlaneMTU"),
  text("swarm-default-advertise-addr", "swarmDefaultAdvertiseAddr"),
  list("node-generic-resources", "nodeGenericResources", "node-generic-resource"),
  { key: "proxies", apply: applyProxies },
  { key: "builder", apply: applyBuilder },
  { key: "features", apply: applyFeatures },
  text("http-proxy", "httpProxy"),
  text("https-proxy", "httpsProxy"),
  text("no-proxy", "noProxy"),
];
