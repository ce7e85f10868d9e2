/** Networks, filters of every list, prunes, waits and bodies that are none; nothing of it stays. */
import { busybox, type Fields, type Step } from "./script.ts";

/** The names of what a list gives, in order: what there is besides comes from elsewhere in the script. */
const names =
  (list: (body: Fields) => unknown = (body) => body) =>
  (body: unknown) => {
    const items = list(body as Fields);
    if (!Array.isArray(items)) return body;
    return items.map((item: Fields) => item["Name"] ?? item["Names"]).sort();
  };

const filtered = (path: string, filters: object, more = ""): string =>
  `GET ${path}?filters=${encodeURIComponent(JSON.stringify(filters))}${more}`;

const CONTAINER_FILTERS = [
  { ancestor: ["busybox"] },
  { ancestor: ["none"] },
  { before: ["c3"] },
  { since: ["c1"] },
  { since: ["none"] },
  { exited: ["5"] },
  { expose: ["80"] },
  { expose: ["70-90/tcp"] },
  { expose: ["81/udp"] },
  { health: ["none"] },
  { health: ["starting", "healthy"] },
  { id: ["zzz"] },
  { "is-task": ["true"] },
  { "is-task": ["false"] },
  { isolation: ["default"] },
  { label: ["k"] },
  { label: ["k=1"] },
  { label: ["k=3"] },
  { label: ["k", "l"] },
  { label: { k: true } },
  { name: ["^/c1"] },
  { name: ["c[12]$"] },
  { network: ["none"] },
  { network: ["inside"] },
  { network: ["nowhere"] },
  { publish: ["9180"] },
  { publish: ["9170-9190/tcp"] },
  { publish: ["80"] },
  { status: ["running"] },
  { status: ["exited", "created"] },
  { volume: ["cv"] },
  { volume: ["/data"] },
  { volume: ["none"] },
];

const NETWORK_FILTERS = [
  { driver: ["bridge"] },
  { driver: ["none"] },
  { type: ["custom"] },
  { type: ["builtin"] },
  { scope: ["local"] },
  { scope: ["swarm"] },
  { name: ["n"] },
  { name: ["^inside$"] },
  { label: ["n=1"] },
  { label: ["n=2"] },
  { dangling: ["false"] },
  { nonsense: ["x"] },
];

const VOLUME_FILTERS = [
  { dangling: ["true"] },
  { dangling: ["false"] },
  { dangling: ["x"] },
  { driver: ["local"] },
  { driver: ["none"] },
  { name: ["v"] },
  { name: ["^cv$"] },
  { label: ["v=1"] },
  { label: ["v=2"] },
];

const NETWORK = {
  Name: "inside",
  CheckDuplicate: true,
  Internal: true,
  Attachable: true,
  Labels: { n: "1" },
  Options: { "com.docker.network.bridge.name": "br-inside", "com.docker.network.bridge.enable_icc": "false" },
  IPAM: {
    Options: {},
    Config: [
      {
        Subnet: "10.77.0.0/24",
        IPRange: "10.77.0.128/25",
        Gateway: "10.77.0.1",
        AuxiliaryAddresses: { a: "10.77.0.130" },
      },
    ],
  },
};

const REFUSED_NETWORKS = [
  NETWORK,
  { Name: "bridge" },
  { Name: "host" },
  { Name: "more", Driver: "none-such" },
  { Name: "more", Driver: "host" },
  { Name: "more", IPAM: { Config: [{ Subnet: "10.77.0.0/25" }] } },
  { Name: "more", IPAM: { Driver: "none-such" } },
];

/** Bodies that are no objects, and what has a body but is not called JSON. */
const NO_OBJECTS = [
  "/containers/create",
  "/containers/c1/exec",
  "/containers/c1/update",
  "/networks/create",
  "/volumes/create",
].flatMap((path): Step[] => [
  { request: `POST ${path}`, body: ["list"] },
  { request: `POST ${path}`, body: "text" },
  { request: `POST ${path}`, body: { Name: "x", Image: "busybox" }, type: "text/plain" },
]);

export const OBJECTS: readonly Step[] = [
  { request: "POST /networks/create", body: NETWORK },
  { request: "GET /networks/inside" },
  { request: "GET /networks/inside?scope=swarm" },
  { request: "GET /networks/inside?verbose=x" },
  { request: "GET /networks/nowhere" },
  ...REFUSED_NETWORKS.map((body): Step => ({ request: "POST /networks/create", body })),
  { request: "DELETE /networks/bridge" },
  { request: "DELETE /networks/nowhere" },
  { request: "POST /volumes/create", body: { Name: "cv", Labels: { v: "1" } } },
  {
    request: "POST /containers/create?name=c1",
    body: {
      ...busybox("sleep", "1000"),
      Labels: { k: "1", l: "" },
      ExposedPorts: { "80/tcp": {} },
      Healthcheck: { Test: ["CMD", "true"], Interval: 3_600_000_000_000 },
      HostConfig: {
        NetworkMode: "inside",
        Binds: ["cv:/data"],
        PortBindings: { "80/tcp": [{ HostPort: "9180" }] },
      },
      NetworkingConfig: {
        EndpointsConfig: { inside: { IPAMConfig: { IPv4Address: "10.77.0.140" }, Aliases: ["other"] } },
      },
    },
  },
  {
    request: "POST /containers/create?name=c2",
    body: { ...busybox("sh", "-c", "exit 5"), Labels: { k: "2" }, HostConfig: { NetworkMode: "none" } },
  },
  {
    request: "POST /containers/create?name=c3",
    body: { ...busybox("true"), HostConfig: { NetworkMode: "none" } },
  },
  { request: "POST /containers/c1/start" },
  { request: "GET /networks/inside" },
  { request: "DELETE /networks/inside" },
  { request: "POST /networks/inside/connect", body: { Container: "c1" } },
  { request: "POST /networks/inside/connect", body: { Container: "nobody" } },
  { request: "POST /networks/nowhere/connect", body: { Container: "c1" } },
  { request: "POST /networks/bridge/connect", body: { Container: "c1", EndpointConfig: { Aliases: ["x"] } } },
  { request: "POST /networks/inside/disconnect", body: { Container: "c3" } },
  { request: "POST /networks/host/disconnect", body: { Container: "c1" } },
  { request: "POST /containers/c2/start" },
  { request: "POST /containers/c2/wait?condition=not-running" },
  { request: "POST /containers/c3/wait?condition=not-running" },
  ...CONTAINER_FILTERS.map(
    (filters): Step => ({
      request: filtered("/containers/json", filters, "&all=1"),
      shape: names(),
    }),
  ),
  ...NETWORK_FILTERS.map((filters): Step => ({ request: filtered("/networks", filters), shape: names() })),
  ...VOLUME_FILTERS.map(
    (filters): Step => ({ request: filtered("/volumes", filters), shape: names(({ Volumes }) => Volumes) }),
  ),
  ...NO_OBJECTS,
  { request: `POST /containers/prune?filters={"label":["k=2"]}` },
  { request: `POST /containers/prune?filters={"label!":["k"],"until":["1h"]}` },
  { request: `POST /volumes/prune?filters={"label":["v=2"]}` },
  { request: "DELETE /volumes/cv" },
  { request: "POST /networks/inside/disconnect", body: { Container: "c1" } },
  { request: "GET /containers/c1/json", shape: (body) => (body as Fields)["NetworkSettings"] },
  { request: "DELETE /containers/c1?force=1&v=1" },
  { request: "DELETE /containers/c2" },
  { request: `POST /networks/prune?filters={"label":["n=2"]}` },
  { request: `POST /networks/prune?filters={"nonsense":["x"]}` },
  { request: "POST /networks/prune" },
  { request: "DELETE /volumes/cv" },
];
