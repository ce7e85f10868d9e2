/** For each operation a request that succeeds, in an order in which they all can. */

export interface Request {
  /** What stands for the path's parameters. */
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  /** Sent as it is. */
  raw?: Uint8Array;
  headers?: Record<string, string>;
  /** What comes back; default 200. */
  status?: number;
  /** The stream has no end of its own: only its first bytes are read. */
  endless?: boolean;
}

/** Names that the test makes before: a running and a stopped container, an exec, a volume, a network. */
export interface Fixture {
  running: string;
  stopped: string;
  exec: string;
  volume: string;
  network: string;
  /** host:port of a registry with busybox in it. */
  registry: string;
  /** An archive for `docker load`. */
  archive: Uint8Array;
  /** A tar with one small file. */
  tar: Uint8Array;
}

const SWARM = { status: 503 };
const PLUGIN = { params: { name: "none" }, status: 404 };

/** Status 501 is not documented for these: the engine says so instead of pretending. */
export const NOT_HERE: Record<string, string> = {
  "POST /swarm/init": "swarm mode is not part of this engine",
  "POST /swarm/join": "swarm mode is not part of this engine",
};

/** Operations of which other tests say how they behave. */
export const ELSEWHERE: Record<string, string> = {
  "POST /build": "tests of building",
  "POST /session": "tests of building",
  "GET /plugins/privileges": "contract-plugins.test.ts",
  "POST /plugins/pull": "contract-plugins.test.ts",
  "POST /plugins/create": "contract-plugins.test.ts",
};

export function requests(f: Fixture): Record<string, Request> {
  const running = { params: { id: f.running } };
  const stopped = { params: { id: f.stopped } };
  const busybox = { params: { name: "busybox" } };
  return {
    "GET /_ping": {},
    "HEAD /_ping": {},
    "GET /version": {},
    "GET /info": {},
    "GET /system/df": {},
    "GET /events": { query: "since=1&until=2" },
    "GET /containers/json": { query: "all=1&size=1" },
    "POST /containers/create": { query: "name=made", body: { Image: "busybox" }, status: 201 },
    "GET /containers/{id}/json": { ...running, query: "size=1" },
    "GET /containers/{id}/top": running,
    "GET /containers/{id}/logs": { ...stopped, query: "stdout=1&stderr=1" },
    "GET /containers/{id}/changes": stopped,
    "GET /containers/{id}/export": stopped,
    "GET /containers/{id}/stats": { ...running, query: "stream=0&one-shot=1" },
    "POST /containers/{id}/resize": { ...running, query: "h=24&w=80" },
    "POST /containers/{id}/update": { ...running, body: { CpuShares: 512 } },
    "POST /containers/{id}/pause": { ...running, status: 204 },
    "POST /containers/{id}/unpause": { ...running, status: 204 },
    "POST /containers/{id}/rename": { ...stopped, query: "name=renamed", status: 204 },
    "HEAD /containers/{id}/archive": { ...running, query: "path=/etc/passwd" },
    "GET /containers/{id}/archive": { ...running, query: "path=/etc/passwd" },
    "PUT /containers/{id}/archive": { ...running, query: "path=/tmp", raw: f.tar },
    "POST /containers/{id}/exec": { ...running, body: { Cmd: ["true"] }, status: 201 },
    "POST /exec/{id}/resize": { params: { id: f.exec }, query: "h=24&w=80" },
    "POST /exec/{id}/start": { params: { id: f.exec }, body: { Tty: true } },
    "GET /exec/{id}/json": { params: { id: f.exec } },
    "POST /containers/{id}/attach": { ...stopped, query: "logs=1&stdout=1" },
    "GET /containers/{id}/attach/ws": { ...running, status: 400 },
    "POST /commit": { query: `container=${f.stopped}&repo=committed`, body: {}, status: 201 },
    "POST /containers/{id}/restart": { ...running, query: "t=0", status: 204 },
    "POST /containers/{id}/kill": { ...running, status: 204 },
    "POST /containers/{id}/wait": { ...stopped },
    "POST /containers/{id}/start": { ...running, status: 204 },
    "POST /containers/{id}/stop": { ...running, query: "t=0", status: 204 },
    "DELETE /containers/{id}": { params: { id: "made" }, status: 204 },
    "POST /containers/prune": { query: `filters={"until":["1"]}` },
    "GET /images/json": { query: "all=1&shared-size=1" },
    "GET /images/{name}/json": busybox,
    "GET /images/{name}/history": busybox,
    "POST /images/{name}/tag": { ...busybox, query: `repo=${f.registry}/tagged&tag=1`, status: 201 },
    "POST /images/{name}/push": {
      params: { name: `${f.registry}/tagged` },
      query: "tag=1",
      headers: { "X-Registry-Auth": "e30=" },
    },
    "GET /distribution/{name}/json": { params: { name: `${f.registry}/tagged:1` } },
    "POST /images/create": { query: `fromImage=${f.registry}/tagged&tag=1` },
    "DELETE /images/{name}": { params: { name: `${f.registry}/tagged:1` } },
    "GET /images/search": { query: `term=${f.registry}/x`, status: 500 },
    "POST /images/prune": { query: `filters={"until":["1"]}` },
    "GET /images/{name}/get": busybox,
    "GET /images/get": { query: "names=busybox" },
    "POST /images/load": { query: "quiet=1", raw: f.archive },
    "POST /auth": { body: { serveraddress: f.registry, username: "a", password: "b" } },
    "GET /volumes": {},
    "POST /volumes/create": { body: { Name: "fresh" }, status: 201 },
    "GET /volumes/{name}": { params: { name: f.volume } },
    "DELETE /volumes/{name}": { params: { name: "fresh" }, status: 204 },
    "POST /volumes/prune": { query: `filters={"label":["none"]}` },
    "PUT /volumes/{name}": { params: { name: f.volume }, query: "version=1", body: {}, ...SWARM },
    "GET /networks": {},
    "GET /networks/{id}": { params: { id: "bridge" } },
    "POST /networks/create": { body: { Name: "made-net" }, status: 201 },
    "POST /networks/{id}/connect": { params: { id: "made-net" }, body: { Container: f.stopped } },
    "POST /networks/{id}/disconnect": { params: { id: "made-net" }, body: { Container: f.stopped } },
    "DELETE /networks/{id}": { params: { id: "made-net" }, status: 204 },
    "POST /networks/prune": { query: `filters={"label":["none"]}` },
    "POST /build/prune": {},
    "GET /plugins": {},
    "GET /plugins/{name}/json": PLUGIN,
    "DELETE /plugins/{name}": PLUGIN,
    "POST /plugins/{name}/enable": { ...PLUGIN, query: "timeout=1" },
    "POST /plugins/{name}/disable": PLUGIN,
    "POST /plugins/{name}/upgrade": { ...PLUGIN, query: "remote=x", body: [] },
    "POST /plugins/{name}/push": PLUGIN,
    "POST /plugins/{name}/set": { ...PLUGIN, body: ["A=b"] },
  };
}

/** Operations of the swarm group, which all say that there is no swarm. */
export const SWARM_GROUP = /^\w+ \/(swarm|nodes|services|tasks|secrets|configs)(\/|$)/;
