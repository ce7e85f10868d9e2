import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMirror, endpointsFor } from "./endpoint.ts";
import { readHostsFile } from "./hosts-file.ts";
import { InsecureRegistries } from "./insecure.ts";
import { choosePlatform, formatPlatform, matchesPlatform, parsePlatform } from "./platform.ts";
import { progressBar } from "./progress.ts";
import { maskProxy, proxyFor, takeProxySettings } from "./proxy.ts";

describe("InsecureRegistries", () => {
  const none = async (): Promise<string[]> => [];
  test("holds loopback, and no other address, by default", async () => {
    const insecure = new InsecureRegistries();
    for (const domain of ["127.0.0.1:5000", "127.9.9.9", "localhost:5000", "[::1]:5000"])
      expect(await insecure.has(domain, none)).toBe(true);
    for (const domain of ["10.0.0.1:5000", "example.com", "[2001:db8::1]:5000"])
      expect(await insecure.has(domain, none)).toBe(false);
  });

  test("takes hosts and networks, and looks names up for networks alone", async () => {
    const insecure = new InsecureRegistries(["10.0.0.0/8", "reg.example:5000", "fd00::/8"]);
    expect(await insecure.has("10.2.3.4:5000", none)).toBe(true);
    expect(await insecure.has("reg.example:5000", none)).toBe(true);
    expect(await insecure.has("reg.example", none)).toBe(false);
    expect(await insecure.has("[fd12::1]:443", none)).toBe(true);
    expect(await insecure.has("inside.example", async () => ["10.9.9.9"])).toBe(true);
    expect(() => new InsecureRegistries(["a b"])).toThrow("insecure registry");
  });
});

describe("endpointsFor()", () => {
  const settings = {
    mirrors: ["http://127.0.0.1:5000", "https://mirror.example/hub"],
    hostMirrors: { "quay.io": ["https://q.example"] },
    insecure: new InsecureRegistries(),
    tls: async () => undefined,
  };
  const urls = async (domain: string, purpose: "pull" | "push" = "pull"): Promise<string[]> =>
    (await endpointsFor(domain, settings, purpose)).map(({ url }) => url);

  test("puts mirrors before the registry, for pulls alone", async () => {
    const hub = "https://registry-1.docker.io";
    expect(await urls("docker.io")).toEqual([...settings.mirrors, hub]);
    expect(await urls("docker.io", "push")).toEqual([hub]);
    expect(await urls("quay.io")).toEqual(["https://q.example", "https://quay.io"]);
  });

  test("falls back to http for insecure registries alone", async () => {
    expect(await urls("127.0.0.1:5000")).toEqual(["https://127.0.0.1:5000", "http://127.0.0.1:5000"]);
    expect(await urls("example.com")).toEqual(["https://example.com"]);
  });

  test("checkMirror() refuses what is no plain http URL", () => {
    expect(checkMirror("https://m.example/")).toBe("https://m.example");
    for (const bad of ["m.example", "ftp://m.example", "https://m.example/?a", "https://u:p@m.example"])
      expect(() => checkMirror(bad)).toThrow("invalid mirror");
  });
});

describe("proxyFor()", () => {
  const settings = {
    http: "proxy:3128",
    https: "http://proxy:3129",
    no: "corp.example,.only.sub,10.0.0.0/8,h:81",
  };
  const through = (url: string): string | undefined => proxyFor(new URL(url), settings);
  test("chooses by scheme, and leaves out loopback and NO_PROXY", () => {
    expect(through("http://a.example")).toBe("http://proxy:3128");
    expect(through("https://a.example")).toBe("http://proxy:3129");
    for (const direct of [
      "http://127.0.0.1:5000",
      "http://localhost",
      "https://corp.example",
      "https://x.corp.example",
    ])
      expect(through(direct)).toBeUndefined();
    for (const direct of ["https://a.only.sub", "http://10.1.2.3", "http://h:81"])
      expect(through(direct)).toBeUndefined();
    for (const proxied of ["https://only.sub", "http://h:82", "http://notcorp.example"])
      expect(through(proxied)).toBeDefined();
  });

  test("takeProxySettings() takes them out of the environment", () => {
    const env = { HTTP_PROXY: "http://a", http_proxy: "http://b", no_proxy: "c", PATH: "/bin" };
    expect(takeProxySettings(env)).toEqual({ http: "http://a", no: "c" });
    expect(env as Record<string, string>).toEqual({ PATH: "/bin" });
  });

  test.each(["http://user:pw@proxy:1", "http://user:p@s/s@proxy:1"])("maskProxy(%j)", (url) => {
    expect(maskProxy(url)).toBe("http://xxxxx:xxxxx@proxy:1");
  });
  test("maskProxy() needs no scheme, and leaves what has no password", () => {
    expect(["user:pw@proxy:1", "http://proxy:1", ""].map(maskProxy)).toEqual([
      "xxxxx:xxxxx@proxy:1",
      "http://proxy:1",
      "",
    ]);
  });
});

describe("platforms", () => {
  const entry = (architecture: string, variant?: string) => ({
    mediaType: "m",
    digest: `${architecture}${variant ?? ""}`,
    size: 1,
    platform: { os: "linux", architecture, ...(variant ? { variant } : {}) },
  });
  test("an arm machine takes the newest variant that it can run", () => {
    const entries = [
      entry("arm", "v5"),
      entry("arm", "v7"),
      entry("arm", "v6"),
      entry("arm64", "v8"),
      entry("amd64"),
    ];
    const choose = (text: string): string | undefined => choosePlatform(entries, parsePlatform(text))?.digest;
    expect(choose("linux/arm/v7")).toBe("armv7");
    expect(choose("linux/arm/v6")).toBe("armv6");
    expect(choose("linux/arm64")).toBe("arm64v8");
    expect(choose("aarch64")).toBe("arm64v8");
    expect(choose("linux/x86_64")).toBe("amd64");
    expect(choose("linux/riscv64")).toBeUndefined();
  });

  test("parsePlatform() refuses nonsense", () => {
    for (const bad of ["", "a/b/c/d", "linux/", "linux/a b"])
      expect(() => parsePlatform(bad)).toThrow("platform");
    expect(formatPlatform(parsePlatform("linux/arm64/v8"))).toBe("linux/arm64/v8");
    expect(
      matchesPlatform({ os: "linux", architecture: "arm64", variant: "v8" }, parsePlatform("linux/arm64")),
    ).toBe(true);
  });
});

describe("progress", () => {
  test("is drawn as stock draws it", () => {
    expect(progressBar(50, 100)).toBe(`[${"=".repeat(25)}>${" ".repeat(25)}]      50B/100B`);
  });
});

describe("readHostsFile()", () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (host: string, text: string) => {
    mkdirSync(join(folder, host), { recursive: true });
    writeFileSync(join(folder, host, "hosts.toml"), text);
  };
  const settings = {
    mirrors: ["http://127.0.0.1:1"],
    hostMirrors: {},
    insecure: new InsecureRegistries(),
    tls: async () => undefined,
    hosts: (domain: string) => readHostsFile(domain, folder),
  };

  test("its hosts come before the server, in its order, each for what it can do", async () => {
    writeFileSync(join(folder, "ca.pem"), "CA");
    write(
      "docker.io",
      `server = "https://registry-1.docker.io"
       [host."https://first.example/prefix"]
         capabilities = ["pull", "resolve"]
         ca = "${folder}/ca.pem"
         override_path = true
         [host."https://first.example/prefix".header]
           x-key = ["a", "b"]
       [host."http://second.example:5000"]
         skip_verify = true`,
    );
    const pull = await endpointsFor("docker.io", settings, "pull");
    expect(pull.map(({ url }) => url)).toEqual([
      "http://127.0.0.1:1",
      "https://first.example/prefix",
      "http://second.example:5000",
      "https://registry-1.docker.io",
    ]);
    expect(pull[1]).toEqual({
      url: "https://first.example/prefix",
      mirror: true,
      tls: { verify: true, ca: ["CA"] },
      wholePath: true,
      headers: { "x-key": "a, b" },
    });
    const push = await endpointsFor("docker.io", settings, "push");
    expect(push.map(({ url }) => url)).toEqual([
      "http://second.example:5000",
      "https://registry-1.docker.io",
    ]);
  });

  test("_default is for registries without a file of their own; mistakes name the file", async () => {
    write("_default", '[host."https://all.example"]');
    expect((await endpointsFor("quay.io", settings, "pull")).map(({ url }) => url)).toEqual([
      "https://all.example",
      "https://quay.io",
    ]);
    write("bad.example", '[host."ftp://x"]');
    await expect(endpointsFor("bad.example", settings, "pull")).rejects.toThrow(
      `${folder}/bad.example/hosts.toml: "ftp://x" is no http URL`,
    );
    write("bad.example", "= nonsense");
    await expect(endpointsFor("bad.example", settings, "pull")).rejects.toThrow("hosts.toml: ");
  });
});
