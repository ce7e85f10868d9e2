/** The network namespace of a sandbox: made, pinned, entered. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { listLinks, setLink } from "../../linux/netlink/link.ts";
import { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { createNetns, inNetns, pinNetns } from "../../linux/netns.ts";

const LOOPBACK = 1;

/** Makes (or takes `given`) and pins a namespace with loopback up and IPv6 off; returns a netlink socket in it. */
export function makeNamespace(path: string, sysctls: Record<string, string>, given?: string): NetlinkSocket {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const prepare = () => {
    const socket = new NetlinkSocket();
    // Docker leaves a container without IPv6 addresses, unless one of its networks has IPv6.
    writeSetting("net/ipv6/conf/all/disable_ipv6", "1");
    for (const [name, value] of Object.entries(sysctls)) writeSetting(name.replaceAll(".", "/"), value);
    socket.run(setLink(LOOPBACK, { up: true }));
    return socket;
  };
  return given === undefined ? createNetns(path, prepare) : pinNetns(path, given, prepare);
}

/** Switches IPv6 on for an interface (and "lo") of the namespace. */
export function enableIPv6(path: string, ...names: string[]): void {
  inNetns(path, () => {
    for (const name of names) writeSetting(`net/ipv6/conf/${name}/disable_ipv6`, "0");
  });
}

/** A kernel without IPv6 has nothing to switch. */
function writeSetting(name: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${name}`, value);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
}

/** A netlink socket in a namespace that is there. */
export const openNamespace = (path: string): NetlinkSocket => inNetns(path, () => new NetlinkSocket());

/** "eth0", "eth1", ...: the first that is free in the sandbox. */
export function nextName(inside: NetlinkSocket): string {
  const names = new Set(listLinks(inside).map((link) => link.name));
  for (let i = 0; ; i++) if (!names.has(`eth${i}`)) return `eth${i}`;
}
