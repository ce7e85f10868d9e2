/** A mirror of Debian packages and npm, and a proxy, on one socket: passes on to where this host has them from, and counts. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";

export interface Relay {
  /** Requests so far, by what they were for: "mirror debian", "mirror npm", "proxy http", "proxy connect", "refused". */
  counts: Map<string, number>;
  stop(): void;
}

const PASSED_BACK = ["content-type", "last-modified", "etag"];
const HEAD_MAX = 64 * 1024;

/** The host's own source of Debian packages. Throws if it has none. */
function debianSource(): string {
  const folder = "/etc/apt/sources.list.d";
  const lists = ["/etc/apt/sources.list", ...readdirSync(folder).map((name) => join(folder, name))];
  const text = lists.map((path) => (existsSync(path) ? readFileSync(path, "utf8") : "")).join("\n");
  const found = /^(?:URIs: |deb (?:\[[^\]]*\] )?)(\S+\/debian)\/?(?=\s)/m.exec(text)?.[1];
  if (!found) throw new Error("this host has no source of Debian packages");
  return found;
}

/** The host's own npm registry. */
export const npmSource = (): string =>
  Bun.spawnSync(["npm", "config", "get", "registry"]).stdout.toString().trim().replace(/\/$/, "");

/** `publicURL`: what clients reach it by; its /debian, /debian-security and /npm are the mirrors. */
export async function startRelay(socket: string, publicURL: string): Promise<Relay> {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const debian = debianSource();
  const mirrors: Record<string, string> = {
    debian,
    "debian-security": `${debian}-security`,
    npm: npmSource(),
  };
  const inner = `${socket}.http`;
  const http = createHttpServer((request, response) => {
    void answer(request, response).catch((error: Error) => {
      console.error(`relay: ${request.url}: ${error.message}`);
      response.writeHead(502).end();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "", method = "GET" } = request;
    const [, name = "", rest = ""] = /^\/(debian|debian-security|npm)(\/.*)$/.exec(url) ?? [];
    const proxied = url.startsWith("http://");
    count(proxied ? "proxy http" : name === "" ? "refused" : `mirror ${name}`);
    if (!proxied && name === "") return void response.writeHead(404).end();
    const accept = request.headers.accept;
    const from = proxied ? url : `${mirrors[name]}${rest}`;
    const got = await fetch(from, { method, headers: accept ? { accept } : {} });
    const headers: Record<string, string> = {};
    for (const key of PASSED_BACK) if (got.headers.has(key)) headers[key] = got.headers.get(key)!;
    response.writeHead(got.status, headers);
    // Packages are named by where they lie: that has to be here, too.
    if (headers["content-type"]?.includes("json") && name === "npm")
      return void response.end((await got.text()).replaceAll(mirrors["npm"]!, `${publicURL}/npm`));
    if (!got.body) return void response.end();
    for await (const chunk of Readable.fromWeb(got.body as never)) response.write(chunk);
    response.end();
  }

  function tunnel(client: Socket, head: string): void {
    const [host = "", port = "443"] = head.split(" ")[1]!.split(":");
    count("proxy connect");
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      joinSockets(client, upstream);
    });
    upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  }

  const server: Server = createServer((client) => {
    client.on("error", () => {});
    let head = Buffer.alloc(0);
    const look = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      if (!head.includes("\r\n\r\n") && head.length < HEAD_MAX) return;
      client.off("data", look);
      client.pause();
      if (head.toString("latin1", 0, 8) === "CONNECT ") return tunnel(client, head.toString("latin1"));
      const upstream = connect(inner, () => {
        upstream.write(head);
        joinSockets(client, upstream);
      });
    };
    client.on("data", look);
  });
  for (const [one, path] of [
    [http, inner],
    [server, socket],
  ] as const)
    await new Promise<void>((done) => one.listen(path, done));
  return {
    counts,
    stop() {
      server.close();
      http.close();
    },
  };
}

/** What comes in on either goes out by the other. */
function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.end());
    from.pipe(to);
  }
}
