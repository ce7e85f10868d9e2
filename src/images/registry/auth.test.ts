import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseChallenges } from "./challenge.ts";
import { parseAuthHeader } from "./credentials.ts";
import { FakeRegistry, makeImage, refuse } from "./fake-registry.testing.ts";
import { failure, TestEngine } from "./fake-stores.testing.ts";
import { Session } from "./session.ts";
import { translatePullError } from "./translate.ts";
import { Transport } from "./transport.ts";

let registry: FakeRegistry;
let engine: TestEngine;
const image = makeImage([Buffer.from("a layer")]);

beforeEach(() => {
  registry = new FakeRegistry();
  registry.add("latest", image);
  engine = new TestEngine();
});
afterEach(() => {
  registry.stop();
  engine.close();
});

describe("a registry with basic authentication", () => {
  const challenge = { "www-authenticate": 'Basic realm="Registry"' };
  const right = `Basic ${Buffer.from("me:secret:too").toString("base64")}`;

  beforeEach(() => {
    registry.fault = (request) =>
      request.headers.get("authorization") === right
        ? undefined
        : refuse(401, "UNAUTHORIZED", "authentication required", challenge);
  });

  test("serves a user with the right password", async () => {
    const credentials = { username: "me", password: "secret:too" };
    expect((await engine.pull(registry.host, { credentials })).id).toBe(image.configDigest);
  });

  test("refuses one with the wrong password, in its own words", async () => {
    const error = await failure(
      engine.pull(registry.host, { credentials: { username: "me", password: "no" } }),
    );
    expect(error.message).toBe("unauthorized: authentication required");
  });

  test("is not asked for anything without credentials", async () => {
    const error = await failure(engine.pull(registry.host));
    const url = `http://${registry.host}/v2/some/thing/manifests/latest`;
    expect(error.message).toBe(`Head "${url}": no basic auth credentials`);
  });
});

describe("a registry with bearer tokens", () => {
  let tokens: FakeRegistry;
  let issued = 0;
  let valid: string;

  beforeEach(() => {
    tokens = new FakeRegistry();
    issued = 0;
    tokens.fault = () => {
      valid = `token-${++issued}`;
      return Response.json({ token: valid, expires_in: 300 });
    };
    const challenge = `Bearer realm="http://${tokens.host}/token",service="reg"`;
    registry.fault = (request, url) => {
      if (request.headers.get("authorization") === `Bearer ${valid}`) return undefined;
      const why = url.pathname === "/v2/" ? "" : ',error="invalid_token"';
      return refuse(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge + why });
    };
  });
  afterEach(() => tokens.stop());

  test("gets one token for a whole pull, for the repository alone", async () => {
    await engine.pull(registry.host);
    expect(issued).toBe(1);
    expect(tokens.requests).toEqual(["GET /token"]);
  });

  test("gets one token for requests at the same time, and the next when that has been refused", async () => {
    const transport = new Transport({ userAgent: "test", proxies: () => ({}) });
    const endpoint = { url: `http://${registry.host}`, mirror: false, tls: undefined };
    const session = await Session.open(transport, endpoint, {});
    const five = async () => {
      const request = { method: "GET", target: "some/thing/manifests/latest", scopes: ["s"] } as const;
      const answers = await Promise.all(Array.from({ length: 5 }, () => session.send(request)));
      return answers.map(({ status }) => status);
    };
    expect([await five(), issued]).toEqual([Array(5).fill(200), 1]);
    valid = "changed behind our back";
    expect(await five()).toEqual(Array(5).fill(200));
  });

  test("gets a new token when the old one is refused half-way", async () => {
    const good = registry.fault;
    let manifests = 0;
    registry.fault = (request, url) => {
      if (url.pathname.includes("/blobs/") && manifests++ === 0) valid = "changed behind our back";
      return good(request, url);
    };
    await engine.pull(registry.host);
    expect(issued).toBe(2);
  });

  test("sends name and password to the token server only", async () => {
    await engine.pull(registry.host, { credentials: { username: "me", password: "pw" } });
    expect(tokens.authorizations).toEqual([`Basic ${Buffer.from("me:pw").toString("base64")}`]);
    expect(registry.authorizations.every((header) => !header?.startsWith("Basic"))).toBe(true);
  });

  test("trades a refresh token in by POST", async () => {
    await engine.pull(registry.host, { credentials: { identityToken: "refresh" } });
    expect(tokens.requests).toEqual(["POST /token"]);
  });

  test("says that access is denied as stock does", async () => {
    const challenge = `Bearer realm="http://${tokens.host}/token",service="reg",error="insufficient_scope"`;
    registry.fault = () =>
      refuse(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
    const error = await failure(engine.pull(registry.host));
    expect(translatePullError(error, "some/thing", ":latest").message).toBe(
      "pull access denied for some/thing, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    );
  });

  test("reports what the token server says", async () => {
    tokens.fault = () => Response.json({ details: "incorrect username or password" }, { status: 401 });
    const error = await failure(engine.pull(registry.host));
    const url = `http://${registry.host}/v2/some/thing/manifests/latest`;
    expect(error.message).toBe(`Head "${url}": unauthorized: incorrect username or password`);
  });
});

describe("redirects", () => {
  test("are followed to another host without the credentials", async () => {
    const storage = new FakeRegistry();
    storage.add("x", image);
    registry.fault = (request, url) => {
      if (!request.headers.has("authorization"))
        return refuse(401, "UNAUTHORIZED", "no", { "www-authenticate": "Basic realm=x" });
      if (!url.pathname.includes("/blobs/")) return undefined;
      return new Response(null, {
        status: 307,
        headers: { location: `http://${storage.host}${url.pathname}` },
      });
    };
    await engine.pull(registry.host, { credentials: { username: "me", password: "pw" } });
    expect(storage.authorizations.length).toBeGreaterThan(0);
    expect(storage.authorizations.every((header) => header === null)).toBe(true);
    storage.stop();
  });

  test("that go round in circles end", async () => {
    registry.fault = (_, url) =>
      url.pathname.includes("/manifests/")
        ? new Response(null, { status: 302, headers: { location: url.pathname } })
        : undefined;
    expect((await failure(engine.pull(registry.host))).message).toContain("stopped after 10 redirects");
  });
});

describe("parseChallenges()", () => {
  test("reads several schemes with quoted and plain parameters", () => {
    expect(parseChallenges('Bearer realm="https://a/t?x=1,2",service=reg, Basic realm="a \\"b\\""')).toEqual([
      { scheme: "bearer", parameters: { realm: "https://a/t?x=1,2", service: "reg" } },
      { scheme: "basic", parameters: { realm: 'a "b"' } },
    ]);
    expect(parseChallenges(null)).toEqual([]);
    expect(parseChallenges('="x"')).toEqual([]);
  });
});

describe("parseAuthHeader()", () => {
  const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  test("reads what clients send", () => {
    expect(parseAuthHeader(header({ username: "a", password: "b", serveraddress: "h" }))).toEqual({
      username: "a",
      password: "b",
      serverAddress: "h",
    });
    expect(parseAuthHeader(header({ auth: Buffer.from("a:b:c").toString("base64") }))).toEqual({
      username: "a",
      password: "b:c",
    });
    expect(parseAuthHeader(undefined)).toEqual({});
    expect(() => parseAuthHeader(Buffer.from("no json").toString("base64url"))).toThrow(
      "invalid X-Registry-Auth header",
    );
  });
});
