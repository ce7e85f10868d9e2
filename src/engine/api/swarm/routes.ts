import { notImplemented, unavailable } from "../../../errors/errors.ts";
import type { Method, Route } from "../../http/route.ts";

const NOT_A_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

/** Everything of the swarm group: the answers of an engine that is in no swarm, and cannot enter one. */
export function swarmRoutes(): Route[] {
  const noManager = (): never => {
    throw unavailable(NOT_A_MANAGER);
  };
  const noMember = (): never => {
    throw unavailable("This node is not part of a swarm");
  };
  const noSwarm = (): never => {
    throw notImplemented(
      "swarm mode is not part of this engine: use compose on one machine, or Kubernetes on many",
    );
  };
  return [
    ...managerPaths().map(([method, path]) => ({ method, path, handle: noManager })),
    { method: "POST", path: "/swarm/leave", handle: noMember },
    { method: "POST", path: "/swarm/init", handle: noSwarm },
    { method: "POST", path: "/swarm/join", handle: noSwarm },
  ];
}

function managerPaths(): [Method, string][] {
  const created = ["services", "secrets", "configs"];
  const collections = [...created, "tasks", "nodes"];
  return [
    ["GET", "/swarm"],
    ["POST", "/swarm/update"],
    ["POST", "/swarm/unlock"],
    ["GET", "/swarm/unlockkey"],
    ["GET", "/services/{id}/logs"],
    ["GET", "/tasks/{id}/logs"],
    // Cluster volumes are the only ones that can be updated.
    ["PUT", "/volumes/{name}"],
    ...created.map((name): [Method, string] => ["POST", `/${name}/create`]),
    ...collections.flatMap((name): [Method, string][] => [
      ["GET", `/${name}`],
      ["GET", `/${name}/{id}`],
    ]),
    ...[...created, "nodes"].flatMap((name): [Method, string][] => [
      ["POST", `/${name}/{id}/update`],
      ["DELETE", `/${name}/{id}`],
    ]),
  ];
}
