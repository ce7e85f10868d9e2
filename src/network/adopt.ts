/** Taking over what a daemon before this one has left. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../errors/errors.ts";
import { removeNetns } from "../linux/netns.ts";
import type { Rule } from "./firewall/rule.ts";
import type { Parts } from "./parts.ts";
import { stopProxies } from "./ports/proxy.ts";
import type { SandboxRecord } from "./records.ts";
import type { Sandboxes } from "./sandbox/sandboxes.ts";

/** Keeps the sandboxes of running containers, removes all others; returns the rules of those. */
export async function adoptSandboxes(
  parts: Parts,
  sandboxes: Sandboxes,
  running: Set<string>,
): Promise<Rule[]> {
  const { store, options } = parts;
  const obsolete: Rule[] = [];
  const pinned = pinnedNamespaces();
  for (const record of store.loadSandboxes()) {
    const { containerID } = record.request;
    const alive = record.netnsPath === undefined || pinned.has(record.netnsPath);
    if (running.has(containerID) && alive) await adopt(parts, sandboxes, record);
    else {
      obsolete.push(...rulesOf(parts, record));
      await stopProxies(record.proxies);
      if (record.netnsPath !== undefined) removeNetns(record.netnsPath);
      store.removeSandbox(containerID);
      options.log.info("removed the network sandbox of a container that does not run", {
        container: containerID,
      });
    }
  }
  removeUnclaimed(sandboxes);
  return obsolete;
}

async function adopt(parts: Parts, sandboxes: Sandboxes, record: SandboxRecord): Promise<void> {
  const { networks, publisher, store, firewall } = parts;
  sandboxes.keep(record);
  record.endpoints = record.endpoints.filter(({ networkID }) => networks.get(networkID));
  for (const { networkID, address, address6 } of record.endpoints) {
    for (const taken of [address, address6]) if (taken) networks.spaces(networkID).note(taken);
  }
  await attempt(parts, record, "ports of an adopted container are not served", async () => {
    Object.assign(record, await publisher.adopt(record));
  });
  await attempt(parts, record, "names are not served to an adopted container", () =>
    sandboxes.serveNames(record),
  );
  store.saveSandbox(record);
  if (record.gatewayEndpoint !== undefined)
    firewall.notePorts(record.gatewayEndpoint, rulesOf(parts, record));
}

/** What cannot be served again is told, and the container goes on without it. */
async function attempt(
  { options }: Parts,
  record: SandboxRecord,
  complaint: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const container = record.request.containerID;
    options.log.warn(complaint, { container, error: messageOf(error) });
  }
}

function rulesOf({ networks, driverOf }: Parts, record: SandboxRecord): Rule[] {
  const endpoint = record.endpoints.find(({ id }) => id === record.gatewayEndpoint);
  const network = endpoint && networks.get(endpoint.networkID);
  return (network && driverOf(network).portRules?.(network, record.published)) ?? [];
}

/** Namespaces that were made for a sandbox which was never recorded. */
function removeUnclaimed(sandboxes: Sandboxes): void {
  mkdirSync(sandboxes.folder, { recursive: true, mode: 0o755 });
  const claimed = new Set([...sandboxes.all()].map(({ netnsPath }) => netnsPath));
  for (const name of readdirSync(sandboxes.folder)) {
    const path = join(sandboxes.folder, name);
    if (!claimed.has(path) && /^[0-9a-f]{12}$/.test(name)) removeNetns(path);
  }
}

/** Paths at which namespaces are pinned now; after a reboot the files of an earlier life are plain files. */
function pinnedNamespaces(): Set<string> {
  if (!existsSync("/proc/self/mountinfo")) return new Set();
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return new Set(lines.filter((line) => line.includes(" - nsfs ")).map((line) => line.split(" ")[4]!));
}
