import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { conflict, invalidArgument, messageOf, systemError } from "../../errors/errors.ts";

export type Address =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number }
  /** Sockets that systemd has opened. */
  | { kind: "fd"; which: string };

const PORT = 2375;
const TLS_PORT = 2376;

/** Reads a value of -H. Errors: invalidArgument. */
export function parseHost(text: string, tls = false): Address {
  const match = /^(\w+):\/\/(.*)$/.exec(text);
  const [scheme, rest] = match ? [match[1], match[2]!] : ["tcp", text];
  if (scheme === "unix") return { kind: "unix", path: rest || "/var/run/docker.sock" };
  if (scheme === "fd") return { kind: "fd", which: rest };
  const address = scheme === "tcp" ? /^(.*?)(?::(\d+))?$/.exec(rest) : null;
  if (!address)
    throw invalidArgument(`invalid bind address format: ${text} (want unix:///path or tcp://host:port)`);
  return {
    kind: "tcp",
    host: address[1]!.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: Number(address[2] ?? (tls ? TLS_PORT : PORT)),
  };
}

/** Errors: conflict when a process answers on the socket. What nobody serves any more may be replaced. */
export async function checkFree(address: Address): Promise<void> {
  if (address.kind !== "unix" || !existsSync(address.path)) return;
  if (!lstatSync(address.path).isSocket()) {
    throw conflict(
      `can't create unix socket ${address.path}: there is something else of that name: remove it, or choose another with -H`,
    );
  }
  if (await answers(address.path)) {
    throw conflict(
      `can't create unix socket ${address.path}: already served by another process: stop it, or choose another with -H`,
    );
  }
}

/** True if a process accepts connections on a unix socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Listens; returns the function that closes and removes the socket. Errors: system. */
export async function listen(
  server: Server,
  address: Exclude<Address, { kind: "fd" }>,
  group: string,
): Promise<() => void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) =>
      reject(systemError(`cannot listen on ${show(address)}: ${error.message}`, { cause: error }));
    server.once("error", fail);
    const done = () => {
      server.off("error", fail);
      resolve();
    };
    if (address.kind === "tcp") server.listen(address.port, address.host, done);
    else {
      mkdirSync(dirname(address.path), { recursive: true });
      rmSync(address.path, { force: true });
      server.listen(address.path, done);
    }
  });
  if (address.kind === "unix") restrict(address.path, group);
  return () => {
    server.close();
    if (address.kind === "unix") rmSync(address.path, { force: true });
  };
}

/** Mode 0660 for root and the group, which may be absent from the machine. */
function restrict(path: string, group: string): void {
  const gid = groupID(group);
  if (gid !== undefined) chownSync(path, 0, gid);
  chmodSync(path, 0o660);
}

function groupID(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  try {
    const line = readFileSync("/etc/group", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${group}:`));
    return line === undefined ? undefined : Number(line.split(":")[2]);
  } catch (error) {
    throw systemError(`cannot look up group ${group}: ${messageOf(error)}`, { cause: error });
  }
}

/** As a person writes it. */
export function show(address: Address): string {
  if (address.kind === "fd") return `fd://${address.which}`;
  return address.kind === "unix" ? address.path : `${address.host}:${address.port}`;
}
