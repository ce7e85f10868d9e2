/** What the doctor looks at, read from the kernel. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { findLink, type Link } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { inNetns } from "../../linux/netns.ts";
import { saveText } from "../firewall/iptables.ts";
import { parseSaved, type Table } from "../firewall/rule.ts";
import type { Chains } from "./packet.ts";

export interface Listener {
  proto: "tcp" | "udp";
  /** Hexadecimal, as /proc/net has it; only zeros for all addresses. */
  address: string;
  port: number;
  inode: string;
}

/** Value of a setting below /proc/sys; undefined where there is none. */
export function setting(path: string): string | undefined {
  return readOr(`/proc/sys/${path}`)?.trim();
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const LISTEN = "0A";
const UNCONNECTED = "07";

/** Sockets that wait for clients in the thread's network namespace. */
function listenersHere(): Listener[] {
  return (["tcp", "tcp6", "udp", "udp6"] as const).flatMap((file) => {
    const proto = file.startsWith("tcp") ? "tcp" : "udp";
    const lines = (readOr(`/proc/thread-self/net/${file}`) ?? "").trim().split("\n").slice(1);
    return lines.flatMap((line): Listener[] => {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== (proto === "tcp" ? LISTEN : UNCONNECTED)) return [];
      const [address = "", port = "0"] = fields[1]!.split(":");
      return [{ proto, address, port: Number.parseInt(port, 16), inode: fields[9] ?? "" }];
    });
  });
}

export const listenersIn = (netnsPath: string): Listener[] => inNetns(netnsPath, listenersHere);
export const listenersOfHost = listenersHere;

/** "nginx (process 123)" of whoever has a socket; undefined if nobody can be found. */
export function ownerOf(inode: string): string | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fds = readdirSync(`/proc/${pid}/fd`);
      if (fds.some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`))
        return `${readOr(`/proc/${pid}/comm`)?.trim()} (process ${pid})`;
    } catch {
      // Ended meanwhile.
    }
  }
  return undefined;
}

/** The interface of the host's default route. */
export function defaultInterface(): string | undefined {
  const lines = (readOr("/proc/thread-self/net/route") ?? "").split("\n").slice(1);
  return lines.find((line) => line.split("\t")[1] === "00000000")?.split("\t")[0];
}

export const linkOf = (host: NetlinkSocket, name: string): Link | undefined => findLink(host, name);

/** The IPv4 firewall as iptables-save shows it. */
export async function firewallNow(): Promise<{ table(name: Table): Chains }> {
  const text = await saveText();
  const saved = parseSaved(text);
  const policies = new Map<string, string>();
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const found = /^:(\S+) (\S+)/.exec(line);
    if (found) policies.set(`${table} ${found[1]}`, found[2]!);
  }
  return {
    table: (name) => ({
      rules: (chain) => saved.get(name)?.get(chain),
      policy: (chain) => policies.get(`${name} ${chain}`) ?? "ACCEPT",
    }),
  };
}

export interface ForeignChain {
  table: string;
  chain: string;
  text: string;
}

/** Chains of others that see forwarded packets beside iptables' own tables; none where nft is not installed. */
export async function foreignForwardChains(): Promise<ForeignChain[]> {
  const child = Bun.spawn(["sh", "-c", "command -v nft >/dev/null && nft list ruleset || true"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
  });
  return forwardChains(await child.stdout.text());
}

/** From the text of `nft list ruleset`. */
export function forwardChains(ruleset: string): ForeignChain[] {
  const found: ForeignChain[] = [];
  let table = "";
  for (const line of ruleset.split("\n")) {
    const opening = /^table (\S+ \S+) \{/.exec(line);
    if (opening) table = opening[1]!;
    const chain = /^\tchain (\S+) \{/.exec(line);
    if (chain) found.push({ table, chain: chain[1]!, text: "" });
    else if (line.startsWith("\t\t") && found.length > 0) found.at(-1)!.text += `${line.trim()}\n`;
  }
  const own = /^ip6? (filter|nat|mangle|raw|security)$/;
  return found.filter((one) => !own.test(one.table) && one.text.includes("hook forward"));
}
