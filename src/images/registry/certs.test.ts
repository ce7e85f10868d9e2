import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.testing.ts";
import { loadCerts } from "./certs.ts";
import { Transport } from "./transport.ts";

let folder: string;
let server: ReturnType<typeof Bun.serve>;
let url: URL;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pequod-certs-"));
  const tls = makeCertificate(folder);
  server = Bun.serve({ port: 0, hostname: "localhost", tls, fetch: () => new Response("hello") });
  url = new URL(`https://localhost:${server.port}/`);
});
afterAll(() => {
  server.stop(true);
  rmSync(folder, { recursive: true });
});

const transport = new Transport({ userAgent: "test", proxies: () => ({}) });
const certificate = async (): Promise<string> => Bun.file(join(folder, "c.pem")).text();

describe("TLS", () => {
  test("refuses a certificate of an unknown CA in stock's words, and says where to put it", async () => {
    const failing = transport.send({ method: "GET", url });
    await expect(failing).rejects.toThrow(
      `Get "${url}": x509: certificate signed by unknown authority (if it is yours, put its CA into /etc/docker/certs.d/${url.host}/ca.crt)`,
    );
  });

  test("takes a CA from the registry's folder, and no verification where none is wanted", async () => {
    const directory = join(folder, "certs.d");
    mkdirSync(join(directory, url.host), { recursive: true });
    writeFileSync(join(directory, url.host, "ca.crt"), await certificate());
    const tls = { verify: true, ...(await loadCerts(url.host, directory)) };
    expect((await transport.send({ method: "GET", url, tls })).status).toBe(200);
    expect((await transport.send({ method: "GET", url, tls: { verify: false } })).status).toBe(200);
  });

  test("says that a server speaks plain http", async () => {
    const plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const failing = transport.send({ method: "GET", url: new URL(`https://127.0.0.1:${plain.port}/`) });
    await expect(failing).rejects.toThrow("http: server gave HTTP response to HTTPS client");
    plain.stop(true);
  });
});

describe("loadCerts()", () => {
  test("wants keys and certificates in pairs", async () => {
    const directory = join(folder, "pairs");
    mkdirSync(join(directory, "a"), { recursive: true });
    writeFileSync(join(directory, "a", "client.cert"), "x");
    await expect(loadCerts("a", directory)).rejects.toThrow("missing key client.key");
    writeFileSync(join(directory, "a", "client.key"), "y");
    expect(await loadCerts("a", directory)).toEqual({ cert: "x", key: "y" });
    expect(await loadCerts("nothing-here", directory)).toBeUndefined();
  });
});
