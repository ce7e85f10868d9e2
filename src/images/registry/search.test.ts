import { afterEach, beforeEach, expect, test } from "bun:test";
import { InsecureRegistries } from "./insecure.ts";
import { searchIndex } from "./search.ts";
import { Transport } from "./transport.ts";

const RESULTS = {
  results: [
    { name: "library/busybox", description: "small", star_count: 7, is_official: true, is_automated: false },
    { name: "me/busybox", star_count: "x" },
    null,
  ],
};

let asked: string[];
let authorizations: (string | null)[];
let answer: (url: URL) => Response;
let server: ReturnType<typeof Bun.serve>;
beforeEach(() => {
  asked = [];
  authorizations = [];
  answer = () => Response.json(RESULTS);
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const url = new URL(request.url);
      asked.push(url.pathname + url.search);
      authorizations.push(request.headers.get("authorization"));
      return answer(url);
    },
  });
});
afterEach(() => void server.stop(true));

const search = (term: string, mirrors: string[] = []) =>
  searchIndex(
    new Transport({ userAgent: "test", proxies: () => ({}) }),
    { mirrors, hostMirrors: {}, insecure: new InsecureRegistries(), tls: async () => undefined },
    {
      term,
      limit: 3,
      credentials: { username: "me", password: "secret" },
      signal: new AbortController().signal,
    },
  );
const host = () => `127.0.0.1:${server.port}`;

test("searchIndex() asks a mirror of Docker Hub first, without the user's password", async () => {
  const found = await search("library/busybox", [`http://${host()}`]);
  expect(asked).toEqual(["/v1/search?q=busybox&n=3"]);
  expect(authorizations).toEqual([null]);
  const nothing = { name: "", description: "", star_count: 0, is_official: false, is_automated: false };
  expect(found).toEqual([
    { name: "library/busybox", description: "small", star_count: 7, is_official: true, is_automated: false },
    { ...nothing, name: "me/busybox" },
    nothing,
  ]);
});

test("searchIndex() goes on to the next mirror where one has no search", async () => {
  const empty = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("", { status: 404 }) });
  const found = await search("x", [`http://127.0.0.1:${empty.port}`, `http://${host()}`]);
  empty.stop(true);
  expect(found).toHaveLength(3);
});

test("searchIndex() asks the host that the term names, as the user", async () => {
  await search(`${host()}/tools`);
  expect(asked).toEqual(["/v1/search?q=tools&n=3"]);
  expect(authorizations[0]).toBe(`Basic ${btoa("me:secret")}`);
});

test.each([
  [() => new Response("<html>"), "answered with something else than JSON"],
  [() => new Response("", { status: 500 }), "500"],
  [() => new Response(" ".repeat(5 << 20)), "answered with more than"],
])("searchIndex() says what is wrong with an answer", async (wrong, message) => {
  answer = wrong;
  await expect(search(`${host()}/x`)).rejects.toThrow(message);
});
