/**
 * docker-proxy processes: they answer on the host's ports where the firewall does not redirect (local and IPv6
 * clients). Our own program serves all ports of a container in one process, on sockets that the engine has bound;
 * they live on when the engine dies. Another program (--userland-proxy-path) is run as Docker runs it: one a port.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, systemError } from "../../errors/errors.ts";
import type { PublishedPort } from "../records.ts";

/** The program, and whether it is ours. */
export interface ProxyProgram {
  command: string[];
  own: boolean;
}

/** The proxy to use: the one told, else docker-proxy beside this executable, else this executable by name. */
export function findProxy(path: string | undefined): ProxyProgram {
  if (path) return { command: [path], own: false };
  const beside = join(dirname(process.execPath), "docker-proxy");
  if (existsSync(beside)) return { command: [beside], own: true };
  const main = process.argv[1];
  return { command: [process.execPath, ...(main?.endsWith(".ts") ? [main] : []), "docker-proxy"], own: true };
}

export interface HeldPort extends PublishedPort {
  /** The bound socket. */
  fd: number | undefined;
}

function flags(port: PublishedPort): string[] {
  const { proto, hostIP, hostPort, containerIP, containerPort } = port;
  const values = { proto, "host-ip": hostIP, "host-port": hostPort, "container-ip": containerIP };
  const pairs = Object.entries({ ...values, "container-port": containerPort });
  return pairs.flatMap(([name, value]) => [`-${name}`, String(value)]);
}

/** The ends of proxies that this process has started. */
const children = new Map<number, Promise<void>>();

/** Starts what serves these ports and returns the process ids. The sockets may be closed afterwards. */
export async function startProxies(program: ProxyProgram, ports: readonly HeldPort[]): Promise<number[]> {
  if (ports.length === 0) return [];
  if (program.own) return [await startOne(program, ports)];
  const started: number[] = [];
  try {
    for (const port of ports) started.push(await startOne(program, [port]));
    return started;
  } catch (error) {
    await stopProxies(started);
    throw error;
  }
}

async function startOne(program: ProxyProgram, ports: readonly HeldPort[]): Promise<number> {
  const fds = ports.flatMap((port) => (program.own && port.fd !== undefined ? [port.fd] : []));
  const args = ports.flatMap((port) => {
    const fd = program.own && port.fd !== undefined ? 4 + fds.indexOf(port.fd) : undefined;
    return [...flags(port), ...(fd === undefined ? [] : ["-listen-fd", String(fd)])];
  });
  // A listening socket already takes connections; only what the proxy binds itself has to be waited for.
  const mustWait = !program.own || ports.some((port) => port.fd === undefined);
  try {
    const child = Bun.spawn([...program.command, ...args], {
      stdio: ["ignore", "ignore", "ignore", mustWait ? "pipe" : "ignore", ...fds],
      detached: true,
    });
    child.unref();
    const { pid } = child;
    children.set(
      pid,
      child.exited.then(() => void children.delete(pid)),
    );
    const status = child.stdio[3];
    if (mustWait && typeof status === "number") await awaitStatus(status);
    return child.pid;
  } catch (cause) {
    throw systemError(`Error starting userland proxy: ${messageOf(cause)}`, { cause });
  }
}

/** Reads "0\n", or "1\n" and the error, from the proxy's descriptor 3. */
async function awaitStatus(fd: number): Promise<void> {
  const [code, ...rest] = (await Bun.file(fd).text()).split("\n");
  if (code !== "0") throw new Error(rest.join("\n").trim() || "the proxy ended without saying why");
}

/** Ends proxies by id, but only those that still are proxies; resolves when they have let go of their ports. */
export async function stopProxies(pids: readonly number[]): Promise<void> {
  // A child of ours that has just been started may not show its command line yet.
  const ours = pids.filter((pid) => children.has(pid) || isProxy(pid));
  await Promise.all(ours.map(stopOne));
}

async function stopOne(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // Gone meanwhile.
    return;
  }
  const exited = children.get(pid);
  if (exited) await exited;
  else await goneAtLast(pid);
}

/** Milliseconds that a proxy of an earlier engine, which is no child of this one, gets to end. */
const PATIENCE_MS = 2000;

async function goneAtLast(pid: number): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; isProxy(pid) && Date.now() < deadline; ) await Bun.sleep(1);
}

/** Whether the process is a docker-proxy: ids are reused. */
export function isProxy(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("-container-ip");
  } catch {
    return false;
  }
}
