// Stand-in until the controller lands: none and host only.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { notFound, notImplemented } from "../errors/errors.ts";
import { createNetns, removeNetns } from "../linux/netns.ts";
import type { NetworkController, Sandbox, SandboxRequest } from "./types.ts";

export async function openNetworkController(
  options: { execRoot: string } & Record<string, unknown>,
): Promise<NetworkController> {
  const sandboxes = new Map<string, Sandbox>();
  const folder = join(options.execRoot, "netns");
  const nothing = (): never => {
    throw notImplemented("networks are not implemented");
  };
  return {
    async setup(request: SandboxRequest) {
      writeFileSync(
        request.hostsPath,
        `127.0.0.1\tlocalhost\n${request.extraHosts.map((h) => `${h.slice(h.indexOf(":") + 1)}\t${h.slice(0, h.indexOf(":"))}\n`).join("")}`,
      );
      writeFileSync(request.resolvConfPath, request.dns.map((d) => `nameserver ${d}\n`).join(""));
      const host = request.mode === "host";
      const path = join(folder, request.containerID.slice(0, 12));
      if (!host) {
        mkdirSync(folder, { recursive: true });
        createNetns(path, () => {});
      }
      const sandbox: Sandbox = {
        id: request.containerID,
        netnsPath: host ? undefined : path,
        endpoints: {},
        ports: {},
      };
      sandboxes.set(request.containerID, sandbox);
      return sandbox;
    },
    async teardown(id) {
      const path = join(folder, id.slice(0, 12));
      sandboxes.delete(id);
      if (existsSync(path)) removeNetns(path);
    },
    get: (id) => sandboxes.get(id),
    connect: nothing,
    disconnect: nothing,
    async adopt() {},
    find: (name) => {
      throw notFound(`network ${name} not found`);
    },
    list: () => [],
    create: nothing,
    remove: nothing,
    async close() {},
  };
}
