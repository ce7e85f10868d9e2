import { join } from "node:path";
import { defaultPolicies, type GCPolicy } from "./builder.ts";

/** Everything that dockerd can be told, after flags, daemon.json and defaults have been merged. */
export interface EngineConfig {
  debug: boolean;
  logLevel: "debug" | "info" | "warn" | "error" | "fatal";
  logFormat: "text" | "json";
  /** "unix:///run/docker.sock", "tcp://127.0.0.1:2375" */
  hosts: string[];
  /** Serve tcp:// over TLS. */
  tls: boolean;
  /** And take only clients with a certificate of the authority. */
  tlsVerify: boolean;
  tlsCACert: string;
  tlsCert: string;
  tlsKey: string;
  /** Where counters are served to Prometheus; "" for nowhere. */
  metricsAddress: string;
  /** Plugins that are asked whether a request is allowed, in order. */
  authorizationPlugins: string[];
  /** Group of unix sockets, by name or number. */
  group: string;
  dataRoot: string;
  execRoot: string;
  pidFile: string;
  /** Socket of a containerd that somebody else runs; undefined: dockerd starts its own. */
  containerd: string | undefined;
  containerdNamespace: string;

  storageDriver: string | undefined;
  storageOpts: string[];

  /** Mirrors of Docker Hub, in order. */
  registryMirrors: string[];
  /** Mirrors by registry host. */
  registryMirrorsByHost: Record<string, string[]>;
  insecureRegistries: string[];
  maxConcurrentDownloads: number;
  maxConcurrentUploads: number;
  maxDownloadAttempts: number;

  bridge: string | undefined;
  bip: string | undefined;
  fixedCIDR: string | undefined;
  fixedCIDRv6: string | undefined;
  defaultGateway: string | undefined;
  defaultGatewayV6: string | undefined;
  iptables: boolean;
  ip6tables: boolean;
  /** IPv6 on the default bridge. */
  ipv6: boolean;
  ipMasq: boolean;
  ipForward: boolean;
  icc: boolean;
  userlandProxy: boolean;
  userlandProxyPath: string | undefined;
  mtu: number;
  defaultAddressPools: AddressPool[] | undefined;
  /** Address that published ports are bound to when none is given. */
  defaultIP: string;
  dns: string[];
  dnsSearch: string[];
  dnsOpts: string[];

  defaultRuntime: string;
  /** Further runtimes by name: path of the binary. */
  runtimes: Record<string, { path: string; runtimeArgs?: string[] }>;
  cgroupParent: string;
  execOpts: string[];
  init: boolean;
  initPath: string | undefined;
  defaultShmSize: number;
  /** "private" or "shareable" */
  defaultIpcMode: string;
  defaultCgroupnsMode: string;
  defaultUlimits: Record<string, Ulimit>;
  noNewPrivileges: boolean;
  /** --userns-remap: "default", "user", "uid", "user:group"; "" for none. */
  usernsRemap: string;
  /** Path of the default seccomp profile, "unconfined", or undefined for the built-in one. */
  seccompProfile: string | undefined;
  logDriver: string;
  logOpts: Record<string, string>;
  liveRestore: boolean;
  /** Seconds that containers get to stop when the daemon does; -1 for ever. */
  shutdownTimeout: number;
  labels: string[];
  experimental: boolean;
  /** Of which "buildkit" is known: clients that can shall build by a session. */
  features: Record<string, boolean>;
  /** What "host-gateway" stands for in --add-host; the default bridge's address if none is given. */
  hostGatewayIPs: string[];
  /** Options that new networks of a driver have unless they are given others, by driver. */
  defaultNetworkOpts: Record<string, Record<string, string>>;
  /** Of dockerd itself; 0 leaves it alone. */
  oomScoreAdjust: number;
  /** Containerd's namespace of managed plugins. */
  containerdPluginsNamespace: string;
  /** These and those down to nodeGenericResources are taken, so that a file which has them works, and have no effect. */
  nondistributableArtifacts: string[];
  selinuxEnabled: boolean;
  rawLogs: boolean;
  networkControlPlaneMTU: number;
  swarmDefaultAdvertiseAddr: string;
  nodeGenericResources: string[];
  /** The keys that daemon.json has. */
  inFile: string[];
  /** What of the build cache goes after a build, one after the other. */
  builderGC: GCPolicy[];
  httpProxy: string | undefined;
  httpsProxy: string | undefined;
  noProxy: string | undefined;
}

export interface AddressPool {
  base: string;
  size: number;
}

export interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

function defaultTLS(): Pick<EngineConfig, "tls" | "tlsVerify" | "tlsCACert" | "tlsCert" | "tlsKey"> {
  const folder = process.env["DOCKER_CERT_PATH"] || join(process.env["HOME"] ?? "/root", ".docker");
  return {
    tls: false,
    tlsVerify: false,
    tlsCACert: join(folder, "ca.pem"),
    tlsCert: join(folder, "cert.pem"),
    tlsKey: join(folder, "key.pem"),
  };
}

/** What holds when nothing else is said. */
export function defaultConfig(): EngineConfig {
  return {
    debug: false,
    logLevel: "info",
    logFormat: "text",
    hosts: [],
    ...defaultTLS(),
    metricsAddress: "",
    authorizationPlugins: [],
    group: "docker",
    dataRoot: "/var/lib/docker",
    execRoot: "/var/run/docker",
    pidFile: "/var/run/docker.pid",
    containerd: undefined,
    containerdNamespace: "moby",
    storageDriver: undefined,
    storageOpts: [],
    registryMirrors: [],
    registryMirrorsByHost: {},
    insecureRegistries: [],
    maxConcurrentDownloads: 3,
    maxConcurrentUploads: 5,
    maxDownloadAttempts: 5,
    bridge: undefined,
    bip: undefined,
    fixedCIDR: undefined,
    fixedCIDRv6: undefined,
    defaultGateway: undefined,
    defaultGatewayV6: undefined,
    iptables: true,
    ip6tables: false,
    ipv6: false,
    ipMasq: true,
    ipForward: true,
    icc: true,
    userlandProxy: true,
    userlandProxyPath: undefined,
    mtu: 1500,
    defaultAddressPools: undefined,
    defaultIP: "0.0.0.0",
    dns: [],
    dnsSearch: [],
    dnsOpts: [],
    defaultRuntime: "runc",
    runtimes: {},
    cgroupParent: "",
    execOpts: [],
    init: false,
    initPath: undefined,
    defaultShmSize: 64 * 1024 * 1024,
    defaultIpcMode: "private",
    defaultCgroupnsMode: "",
    defaultUlimits: {},
    noNewPrivileges: false,
    usernsRemap: "",
    seccompProfile: undefined,
    logDriver: "json-file",
    logOpts: {},
    liveRestore: false,
    shutdownTimeout: 15,
    labels: [],
    experimental: false,
    features: {},
    hostGatewayIPs: [],
    defaultNetworkOpts: {},
    oomScoreAdjust: 0,
    containerdPluginsNamespace: "plugins.moby",
    nondistributableArtifacts: [],
    selinuxEnabled: false,
    rawLogs: false,
    networkControlPlaneMTU: 1500,
    swarmDefaultAdvertiseAddr: "",
    nodeGenericResources: [],
    inFile: [],
    builderGC: defaultPolicies(),
    httpProxy: undefined,
    httpsProxy: undefined,
    noProxy: undefined,
  };
}
