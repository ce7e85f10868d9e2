/** Fields of a new container, one at a time: what is taken is shown the same, what is refused is refused the same way. */
import { busybox, type Fields, type Step } from "./script.ts";

const HOST: Record<string, unknown[]> = {
  CpuShares: [1024],
  Memory: [-1, 1, 6291455, 6 << 20],
  MemorySwap: [-1, 1],
  MemoryReservation: [1, 6 << 20],
  MemorySwappiness: [-2, 101],
  NanoCpus: [1e9, 100e9],
  CpuPeriod: [-1, 999, 100_000, 1_000_001],
  CpuQuota: [999, 50_000],
  CpusetCpus: ["0", "0-1", "x", "0-", "1-0", " 0", "99"],
  CpusetMems: ["0", "x"],
  BlkioWeightDevice: [[{ Path: "/dev/null", Weight: 100 }]],
  PidsLimit: [-2, -1, 0, 1],
  OomScoreAdj: [-1001, 1000, 1001],
  Ulimits: [[{ Name: "nofile", Soft: -1, Hard: -1 }], [{ Name: "core", Soft: 0, Hard: -1 }]],
  DeviceCgroupRules: [["c 1:3 rwm"], ["a *:* rwm"]],
  Devices: [[{ PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "rwm" }]],
  RestartPolicy: [
    { Name: "always" },
    { Name: "unless-stopped" },
    { Name: "on-failure", MaximumRetryCount: 3 },
  ],
  IpcMode: ["none", "private", "shareable", "host", "container:none"],
  PidMode: ["host", "container:none"],
  UTSMode: ["host"],
  CgroupnsMode: ["host", "private", "x"],
  Isolation: ["default"],
  ShmSize: [-1, 1 << 20],
  Tmpfs: [{ "/t": "" }, { "/t": "rw,noexec,size=10m" }, { t: "" }, { "/": "" }],
  Sysctls: [{ "net.ipv4.ip_forward": "1" }],
  Binds: [
    ["/usr:/x"],
    ["/usr:/x:ro"],
    ["/usr:/x:rw,z"],
    ["/usr:/x:rshared"],
    ["v1:/x:nocopy,ro"],
    ["/usr:/x:"],
    ["a:/x"],
  ],
  Mounts: [
    [{ Type: "bind", Source: "/usr", Target: "/x", ReadOnly: true }],
    [{ Type: "bind", Source: "/usr", Target: "/x", BindOptions: { Propagation: "rshared" } }],
    [{ Type: "bind", Source: "/usr", Target: "/x", BindOptions: { Propagation: "x" } }],
    [{ Type: "bind", Source: "/usr", Target: "x" }],
    [{ Type: "bind", Source: "usr", Target: "/x" }],
    [{ Type: "bind", Source: "", Target: "/x" }],
    [{ Type: "volume", Source: "v1", Target: "/x", VolumeOptions: { NoCopy: true } }],
    [
      {
        Type: "volume",
        Source: "v1",
        Target: "/x",
        VolumeOptions: { DriverConfig: { Options: { type: "tmpfs" } } },
      },
    ],
    [{ Type: "volume", Source: "bad/name", Target: "/x" }],
    [{ Type: "volume", Source: "", Target: "/x", ReadOnly: true }],
    [{ Type: "tmpfs", Target: "/x", TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o700 } }],
    [{ Type: "tmpfs", Source: "s", Target: "/x" }],
    [{}],
  ],
  CapAdd: [["ALL"], ["net_admin"], ["x"]],
  CapDrop: [["ALL"], ["x"]],
  Dns: [["1.1.1.1"]],
  ExtraHosts: [["a:1.2.3.4"], ["a:x"], ["a"], [":1.2.3.4"]],
  SecurityOpt: [["no-new-privileges"], ["seccomp=unconfined"], ["label=disable"]],
  Privileged: [true],
  LogConfig: [
    { Type: "none" },
    { Type: "local" },
    { Type: "x" },
    { Type: "json-file", Config: { mode: "x" } },
    { Type: "json-file", Config: { "max-buffer-size": "1m" } },
  ],
  PortBindings: [
    { "80/tcp": [{ HostPort: "8080" }] },
    { "80/tcp": [{ HostPort: "8000-8010" }] },
    { "80/tcp": [{ HostPort: "8010-8000" }] },
    { "80/tcp": [{ HostPort: "x" }] },
    { "80/tcp": [{ HostPort: "70000" }] },
    { "80/sctp": [{}] },
    { "80/tcp": [{ HostIp: "::1", HostPort: "1" }] },
  ],
};

const CONFIG: Record<string, unknown[]> = {
  Entrypoint: [["x"], [""]],
  Env: [["A"], [""]],
  User: ["1:1", "nobody"],
  Hostname: ["h", "a.b"],
  WorkingDir: ["/a/../b", "a"],
  Volumes: [{ "/a": {} }],
  StopSignal: ["15", "TERM", "SIGRTMIN+3", "x"],
  StopTimeout: [0, 10],
  Healthcheck: [{ Test: [] }, { Test: ["NONE"] }, { Test: ["CMD", "x"], Retries: -1 }, { Interval: -5 }],
};

const shown = (body: unknown) => {
  const { HostConfig, Config, Mounts, message } = body as Fields;
  return { HostConfig, Config, Mounts, message };
};

const tried = (body: object): Step[] => [
  { request: "POST /containers/create?name=field", body },
  { request: "GET /containers/field/json", shape: shown },
  { request: "DELETE /containers/field?v=1" },
];

const each = (table: Record<string, unknown[]>, place: (field: Fields) => object): Step[] =>
  Object.entries(table).flatMap(([name, values]) =>
    values.flatMap((value) => tried({ ...busybox("true"), ...place({ [name]: value }) })),
  );

export const FIELDS: readonly Step[] = [
  ...each(HOST, (HostConfig) => ({ HostConfig })),
  // Without a HostConfig stock leaves out which runtime it takes.
  ...each(CONFIG, (config) => ({ HostConfig: {}, ...config })),
  { request: "DELETE /volumes/v1" },
];
