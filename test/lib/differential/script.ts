/** The requests that both engines get, one after the other, each on the state that those before it left. */
export interface Step {
  request: string;
  body?: unknown;
  /** What the body is called; JSON if absent. */
  type?: string;
  /** The answer is a stream of JSON values, or of log frames: compared as lines. */
  lines?: boolean;
  /** What of the answer is compared, in which order. */
  shape?: (body: unknown) => unknown;
  /** Left out of the comparison: a step that only prepares another. */
  quiet?: boolean;
}

export type Fields = Record<string, unknown>;

/** Puts a list in an order of its own, where stock's is by chance. */
const sortedBy = (field: string) => (body: unknown) =>
  Array.isArray(body) ? body.toSorted((a, b) => String(a[field]).localeCompare(String(b[field]))) : body;

const fields = (value: unknown) =>
  Object.entries(value as Fields)
    .map(([key, item]) => `${key}=${item}`)
    .sort()
    .join(" ");

/** Which events came; how often stock tells of one thing, and which part of an engine speaks first, is chance. */
function eventKinds(body: unknown): Record<string, boolean> {
  const events = (body as Fields[]).filter((event) => event["Actor"] !== undefined);
  const lines = events.map((event) => {
    const { Attributes } = event["Actor"] as Fields;
    return `${event["Type"]} ${event["Action"]} ${fields(Attributes)}`;
  });
  return Object.fromEntries(lines.map((line) => [line, true]));
}

export const busybox = (...Cmd: string[]) => ({ Image: "busybox", Cmd });

const REFUSED = [
  { ...busybox("true"), HostConfig: { Memory: 1 } },
  { ...busybox("true"), HostConfig: { NanoCpus: -1 } },
  { ...busybox("true"), HostConfig: { RestartPolicy: { Name: "sometimes" } } },
  { ...busybox("true"), HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 3 } } },
  { ...busybox("true"), HostConfig: { RestartPolicy: { Name: "always" }, AutoRemove: true } },
  { ...busybox("true"), HostConfig: { Binds: ["/tmp:relative"] } },
  { ...busybox("true"), HostConfig: { Binds: ["/tmp:/x", "/tmp:/x"] } },
  { ...busybox("true"), HostConfig: { Mounts: [{ Type: "bind", Source: "/does/not/exist", Target: "/x" }] } },
  { ...busybox("true"), HostConfig: { Mounts: [{ Type: "none", Target: "/x" }] } },
  { ...busybox("true"), HostConfig: { Mounts: [{ Type: "volume", Target: "/" }] } },
  { ...busybox("true"), HostConfig: { CapAdd: ["NONSENSE"] } },
  { ...busybox("true"), HostConfig: { Runtime: "none" } },
  { ...busybox("true"), HostConfig: { LogConfig: { Type: "json-file", Config: { nonsense: "1" } } } },
  { ...busybox("true"), HostConfig: { OomScoreAdj: 5000 } },
  { ...busybox("true"), HostConfig: { ShmSize: -5 } },
  { ...busybox("true"), HostConfig: { ExtraHosts: ["nonsense"] } },
  { ...busybox("true"), HostConfig: { IpcMode: "nonsense" } },
  { ...busybox("true"), HostConfig: { PidMode: "nonsense" } },
  { ...busybox("true"), HostConfig: { UTSMode: "nonsense" } },
  { ...busybox("true"), HostConfig: { SecurityOpt: ["nonsense"] } },
  { ...busybox("true"), WorkingDir: "relative" },
  { ...busybox("true"), Env: ["=x"] },
  { ...busybox("true"), StopSignal: "SIGNONSENSE" },
  { ...busybox("true"), ExposedPorts: { "nonsense/tcp": {} } },
  { ...busybox("true"), Healthcheck: { Test: ["NONSENSE", "x"] } },
  { ...busybox("true"), Healthcheck: { Test: ["CMD", "x"], Interval: 5 } },
  { Cmd: ["true"] },
  { Image: "no-such-image" },
  { Image: "UPPER CASE" },
];

export const SCRIPT: readonly Step[] = [
  { request: "GET /_ping" },
  { request: "GET /info" },
  { request: "GET /version" },
  { request: "GET /images/json" },
  { request: "GET /containers/json" },
  { request: "GET /volumes" },
  ...REFUSED.flatMap((body) => [
    { request: "POST /containers/create?name=refused", body },
    // One of the two may have taken it.
    { request: "DELETE /containers/refused", quiet: true },
  ]),
  { request: "POST /containers/create?name=-bad", body: busybox("true") },
  {
    request: "POST /containers/create?name=first",
    body: {
      ...busybox("sh", "-c", "echo out; echo err >&2; echo made > /made; rm /etc/group; exit 3"),
      Env: ["A=b"],
      Labels: { a: "b" },
      ExposedPorts: { "80/tcp": {} },
      Volumes: { "/anonymous": {} },
      HostConfig: {
        Binds: ["named:/named", "/tmp:/bound:ro"],
        Memory: 64 << 20,
        CapAdd: ["NET_ADMIN"],
        CapDrop: ["CAP_CHOWN"],
        Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
        Tmpfs: { "/t": "size=1m" },
        LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
        Mounts: [{ Type: "volume", Source: "other", Target: "/other" }],
        NetworkMode: "none",
      },
    },
  },
  { request: "POST /containers/create?name=first", body: busybox("true") },
  { request: "GET /containers/first/json" },
  { request: "POST /containers/first/stop" },
  { request: "POST /containers/first/kill" },
  { request: "POST /containers/first/pause" },
  { request: "POST /containers/first/unpause" },
  { request: "GET /containers/first/top" },
  { request: "POST /containers/first/exec", body: { Cmd: ["true"] } },
  { request: "POST /containers/first/start" },
  { request: "POST /containers/first/wait" },
  { request: "GET /containers/first/json" },
  { request: "GET /containers/json?all=1" },
  {
    request: "GET /containers/first/logs?stdout=1&stderr=1",
    lines: true,
    shape: (lines) => (lines as string[]).toSorted(),
  },
  { request: "GET /containers/first/logs" },
  { request: "GET /containers/first/changes", shape: sortedBy("Path") },
  { request: "GET /containers/first/stats?stream=0" },
  { request: "GET /containers/first/archive?path=/none" },
  { request: "GET /containers/first/archive" },
  { request: "PUT /containers/first/archive?path=/none" },
  { request: "POST /containers/first/rename?name=%20" },
  { request: "POST /containers/first/rename?name=first" },
  { request: "POST /containers/first/rename?name=second" },
  { request: "GET /containers/first/json" },
  { request: "POST /containers/second/update", body: { Memory: 1 } },
  { request: "POST /containers/second/update", body: { CpuShares: 512, RestartPolicy: { Name: "no" } } },
  { request: "POST /containers/second/resize?h=x&w=1" },
  { request: "POST /containers/second/resize?h=1&w=1" },
  { request: "POST /containers/second/wait?condition=nonsense" },
  { request: "POST /containers/second/attach?stdin=1&stream=1&detachKeys=nonsense" },
  { request: "GET /containers/none/json" },
  { request: "POST /containers/none/start" },
  { request: "DELETE /containers/none" },
  { request: "GET /exec/none/json" },
  { request: "POST /exec/none/start", body: {} },
  {
    request: "POST /containers/create?name=runs",
    body: { ...busybox("sleep", "1000"), HostConfig: { NetworkMode: "none" } },
  },
  { request: "POST /containers/runs/start" },
  { request: "POST /containers/runs/start" },
  { request: "GET /containers/runs/json" },
  { request: "GET /containers/json" },
  { request: 'GET /containers/json?filters={"name":["runs"]}' },
  { request: 'GET /containers/json?filters={"status":["nonsense"]}' },
  { request: 'GET /containers/json?filters={"nonsense":["x"]}' },
  { request: 'GET /containers/json?all=1&filters={"exited":["3"]}' },
  { request: 'GET /containers/json?all=1&filters={"volume":["named"]}' },
  { request: 'GET /containers/json?all=1&filters={"label":["a=b"]}' },
  { request: "GET /containers/json?filters=nonsense" },
  { request: "GET /containers/json?limit=1&all=1" },
  { request: "GET /containers/runs/top?ps_args=o%20pid=x" },
  { request: "POST /containers/runs/kill?signal=NONSENSE" },
  { request: "POST /containers/runs/exec", body: {} },
  { request: "DELETE /containers/runs" },
  { request: "POST /containers/runs/pause" },
  { request: "POST /containers/runs/pause" },
  { request: "POST /containers/runs/exec", body: { Cmd: ["true"] } },
  { request: "POST /containers/runs/start" },
  { request: "DELETE /containers/runs" },
  { request: "POST /containers/runs/unpause" },
  { request: "POST /containers/runs/unpause" },
  { request: "POST /containers/runs/stop?t=0" },
  { request: "POST /containers/create?name=broken", body: busybox("/no/such/command") },
  { request: "POST /containers/broken/start" },
  { request: "GET /containers/broken/json" },
  { request: "POST /volumes/create", body: { Name: "fresh", Labels: { x: "y" } } },
  { request: "POST /volumes/create", body: { Name: "in/valid" } },
  { request: "POST /volumes/create", body: { Name: "odd", DriverOpts: { nonsense: "1" } } },
  { request: "GET /volumes/fresh" },
  { request: "GET /volumes/none" },
  { request: 'GET /volumes?filters={"label":["x=y"]}' },
  { request: 'GET /volumes?filters={"nonsense":["x"]}' },
  { request: "DELETE /volumes/named" },
  { request: "DELETE /volumes/none" },
  { request: "DELETE /volumes/fresh" },
  { request: "GET /images/busybox/json" },
  { request: "GET /images/busybox/history" },
  { request: "GET /images/none/json" },
  { request: "POST /images/busybox/tag?repo=other&tag=1", quiet: true },
  { request: "POST /images/busybox/tag?repo=UPPER" },
  { request: "POST /images/none/tag?repo=x" },
  { request: "DELETE /images/none" },
  { request: "DELETE /images/busybox" },
  { request: "DELETE /images/other:1" },
  { request: "GET /system/df" },
  { request: "GET /plugins" },
  { request: "GET /plugins/none/json" },
  { request: "GET /swarm" },
  { request: "POST /swarm/leave" },
  { request: "GET /nonsense" },
  { request: "GET /events?since=1&until=now" },
  { request: "GET /events?since=0&until=NOW", lines: true, shape: eventKinds },
  { request: "DELETE /containers/second?v=1" },
  { request: "DELETE /containers/runs" },
  { request: "DELETE /containers/broken" },
  { request: 'POST /containers/prune?filters={"nonsense":["x"]}' },
  { request: "POST /containers/prune" },
  { request: "POST /volumes/prune" },
  { request: "GET /volumes" },
];
