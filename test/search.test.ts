/** `docker search` through dockerd against an index of the test's own, side by side with stock dockerd 20.10. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { type Engine, OUR_CLI, type Result, STOCK_CLI, startTestEngine } from "./lib/engine.ts";

const stockHere = existsSync(STOCK_DOCKERD);
if (!stockHere) console.error(`search.test.ts: no comparison, ${STOCK_DOCKERD} is not installed`);

/** What the index has, by term; "broken" and "refused" are faults of it. */
const LONG =
  "A description that is much longer than the forty-five characters of a table,\nand has a second line";
const KNOWN = [
  { name: "tool", description: "The official one", star_count: 900, is_official: true },
  { name: "somebody/tool", description: LONG, star_count: 31, is_official: false, is_automated: true },
  { name: "nobody/tool", description: "", star_count: 0, is_official: false, is_automated: false },
];

/** A request for a search: the query, and who asks. */
interface Asked {
  query: string;
  authorization: string | null;
}

const asked: Asked[] = [];
let index: ReturnType<typeof Bun.serve>;
const host = () => `127.0.0.1:${index.port}`;

function serve(request: Request): Response {
  const { pathname, search, searchParams } = new URL(request.url);
  if (pathname === "/v1/_ping") return Response.json(true, { headers: { "X-Docker-Registry-Version": "2" } });
  if (pathname === "/v2/")
    return request.headers.has("authorization")
      ? new Response("{}")
      : new Response("{}", { status: 401, headers: { "www-authenticate": 'Basic realm="index"' } });
  if (pathname !== "/v1/search") return new Response("", { status: 404 });
  asked.push({ query: search, authorization: request.headers.get("authorization") });
  const [term, most] = [searchParams.get("q")!, Number(searchParams.get("n"))];
  if (term === "broken") return new Response("<html>");
  if (term === "refused") return new Response("no", { status: 503 });
  const results = KNOWN.filter(({ name }) => name.includes(term)).slice(0, most);
  return Response.json({ num_pages: 1, num_results: results.length, page: 1, query: term, results });
}

let ours: Engine;
let folder: string;
let stock: RunningEngine | undefined;
beforeAll(async () => {
  index = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: serve });
  folder = mkdtempSync("/tmp/pequod-stock-");
  const alone = ["--bridge=none", "--iptables=false"];
  ours = await startTestEngine({
    image: false,
    flags: [...alone, "--registry-mirror", `http://${host()}`],
  });
  if (stockHere) stock = await startStockEngine({ folder, flags: alone });
});
afterAll(async () => {
  await Promise.all([ours?.stop(), stock?.stop()]);
  index?.stop(true);
  rmSync(folder, { recursive: true, force: true });
});

const rowsOf = (table: string) => table.trim().split("\n").slice(1);

/** By the same client. */
const byStock = (args: string[]): Promise<Result> =>
  ours.docker(args, { env: { DOCKER_HOST: stock!.host, HOME: join(folder, "home") } });

describe.each([
  ["stock", STOCK_CLI],
  ["our", OUR_CLI],
])("with %s client", (_, cli) => {
  const search = async (...args: string[]) => {
    const { code, stdout, stderr } = await ours.docker(["search", ...args], { cli });
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };

  test("docker search finds in Docker Hub by way of a mirror", async () => {
    asked.length = 0;
    const table = await search("tool");
    expect(rowsOf(table).map((row) => row.trim().split(/ {2,}/))).toEqual([
      ["tool", "The official one", "900", "[OK]"],
      ["somebody/tool", "A description that is much longer than the f…", "31"],
      ["nobody/tool", "0"],
    ]);
    expect(asked).toEqual([{ query: "?q=tool&n=25", authorization: null }]);
    expect(await search("--no-trunc", "somebody/tool")).toContain(LONG.replace("\n", " "));
    expect(rowsOf(await search("--limit", "1", "tool"))).toHaveLength(1);
    expect(rowsOf(await search("no-such-thing"))).toEqual([]);
  });

  test("filters and formats of docker search", async () => {
    const names = (...args: string[]) => search("--format", "{{.Name}}", ...args, "tool");
    expect(await names("-f", "stars=31")).toBe("tool\nsomebody/tool\n");
    expect(await names("-f", "is-official=true")).toBe("tool\n");
    expect(await names("-f", "is-official=false", "-f", "stars=1")).toBe("somebody/tool\n");
    expect(await search("--format", "{{.StarCount}} {{.IsOfficial}}", "-f", "stars=900", "tool")).toBe(
      "900 [OK]\n",
    );
  });

  test("docker search takes the user of the index that the term names", async () => {
    const given = { cli, stdin: "secret" };
    const { stdout } = await ours.docker(["login", "-u", "me", "--password-stdin", host()], given);
    expect(stdout).toContain("Login Succeeded");
    asked.length = 0;
    expect(rowsOf(await search(`${host()}/tool`))).toHaveLength(3);
    expect(asked).toEqual([{ query: "?q=tool&n=25", authorization: `Basic ${btoa("me:secret")}` }]);
    await ours.docker(["logout", host()], { cli });
  });
});

describe.skipIf(!stockHere)("as stock", () => {
  /** Why something could not be read is told in the words of another library, and this word begins small since 24.0. */
  const comparable = ({ stderr, ...rest }: Result) => ({
    ...rest,
    stderr: stderr
      .replace("Invalid", "invalid")
      .replace(/(search results|'stars=many'|repository name):? .*/, "$1"),
  });
  const same = async (...args: string[]) => {
    const [own, theirs] = [await ours.docker(args), await byStock(args)];
    expect(comparable(own)).toEqual(comparable(theirs));
  };
  const compared = (name: string, ...args: string[][]) =>
    test(name, async () => {
      for (const each of args) await same("search", ...each.map((arg) => arg.replace("INDEX", host())));
    });

  compared(
    "what docker search finds",
    ["INDEX/tool"],
    ["INDEX/library/tool"],
    ["INDEX/somebody/tool"],
    ["INDEX/nothing"],
    ["--no-trunc", "INDEX/tool"],
    ["--format", "json", "INDEX/tool"],
    ["--format", "{{.Name}}: {{.Description}}", "INDEX/tool"],
  );
  compared(
    "the limit of docker search",
    ["--limit", "1", "INDEX/tool"],
    ["--limit", "100", "INDEX/tool"],
    ["--limit", "101", "INDEX/tool"],
    ["--limit", "-1", "INDEX/tool"],
  );
  compared(
    "filters of docker search",
    ["-f", "stars=31", "INDEX/tool"],
    ["-f", "stars=many", "INDEX/tool"],
    ["-f", "stars=-1", "INDEX/tool"],
    ["-f", "is-official=true", "INDEX/tool"],
    ["-f", "is-official=false", "INDEX/tool"],
    ["-f", "is-official=maybe", "INDEX/tool"],
    ["-f", "is-automated=true", "INDEX/tool"],
    ["-f", "is-automated=maybe", "INDEX/tool"],
    ["-f", "nonsense=1", "INDEX/tool"],
  );
  compared("refusals of docker search", ["INDEX/refused"], ["INDEX/broken"], ["http://INDEX/tool"]);
});
