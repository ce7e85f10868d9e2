/** Contexts: what our client and the stock one do to a configuration folder, and what they print. No engine needed. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasComparedClient } from "./lib/both_clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli_config.test.ts: skipped, the stock client 28.2.2 is not installed");

const folder = mkdtempSync("/tmp/pequod-config-");
afterAll(() => rmSync(folder, { recursive: true }));

const home = join(folder, "home");

/** All files under a folder, by path. */
function files(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true })
    .map((path) => String(path))
    .sort();
  const regular = paths.filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(regular.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** Runs commands one after the other in a fresh home; returns what each printed, and the files at the end. */
function story(cli: string, commands: string[], env: Record<string, string>) {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  const results = commands.map((line) => {
    const words = line.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'|'$/g, ""));
    const child = Bun.spawnSync([cli, ...words], {
      env: { PATH: process.env["PATH"], HOME: home, ...env },
      stdin: "ignore",
    });
    return { line, code: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
  });
  return { results, files: files(home) };
}

const CREATE = [
  "context create one --docker host=tcp://1.2.3.4:5 --description words",
  "context create two --docker skip-tls-verify=true,host=tcp://h:1",
  "context create copy --from one --description other",
  "context create copied --docker from=two",
  "context create current",
  "context ls",
];

const STORIES: Record<string, string[]> = {
  "create and list": [
    ...CREATE,
    "context ls -q",
    "context ls --format json",
    "context ls --format '{{.Foo}}'",
  ],
  inspect: [
    ...CREATE,
    "context inspect",
    "context inspect one two nope",
    "context inspect -f json one",
    "context show",
  ],
  use: [
    ...CREATE,
    "context use one",
    "context show",
    "context ls",
    "context rm one",
    "context rm -f one nope default",
    "context use nope",
    "context use default",
    "context use",
  ],
  update: [
    ...CREATE,
    "context update one --description changed",
    "context update one --docker host=unix:///x",
    "context update two",
    "context update nope",
    "context update default",
    "context inspect one two",
  ],
  refusals: [
    "context create x",
    "context create one!",
    "context create default",
    "context create one --docker foo=bar",
    "context create one --docker a",
    "context create one --docker ca=/nonexist,host=tcp://a",
    "context create one --docker ca=/etc/hostname,host=tcp://a",
    "context create one --from nope",
    "context create one --docker host=tcp://a:1",
    "context create one --docker host=tcp://a:1",
    "context rm",
    "context rm nope",
    "context show x",
    "-c nope context ls",
    "-c nope context show",
    "-c nope ps",
    "-c one -H unix:///x ps",
  ],
};

describe.skipIf(!here)("docker context, by both clients", () => {
  const environments: Record<string, Record<string, string>> = {
    "the default socket": {},
    DOCKER_HOST: { DOCKER_HOST: "unix:///tmp/none.sock" },
    DOCKER_CONTEXT: { DOCKER_CONTEXT: "one" },
  };
  for (const [what, env] of Object.entries(environments)) {
    test.each(Object.entries(STORIES))(`%s, with ${what}`, (_, commands) => {
      expect(story(OUR_CLI, commands, env)).toEqual(story(STOCK_CLI, commands, env));
    });
  }
});

describe("completion in bash", () => {
  /** What bash would offer for a line, by our script: COMP_WORDS is split as bash splits, at ":" and "=" too. */
  function offered(line: string): string[] {
    const words = line
      .split(" ")
      .flatMap((word) => (word === "" ? [""] : word.split(/([:=])/).filter(Boolean)));
    const script = `source <("$0" completion bash); COMP_LINE=$1; COMP_POINT=\${#COMP_LINE}; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _docker; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const child = Bun.spawnSync(["bash", "-c", script, OUR_CLI, line, ...words], {
      env: { PATH: process.env["PATH"], HOME: home, DOCKER_HOST: "unix:///tmp/none.sock" },
    });
    return child.stdout.toString().trim().split("\n");
  }
  test("commands, flags, their values, and names", () => {
    story(OUR_CLI, ["context create one --docker host=tcp://a:1"], {});
    const docker = OUR_CLI;
    expect(offered(`${docker} netw`)).toEqual(["network"]);
    expect(offered(`${docker} volume `)).toEqual(["create", "inspect", "ls", "prune", "rm"]);
    expect(offered(`${docker} run --pull=always --restart un`)).toEqual(["unless-stopped"]);
    expect(offered(`${docker} context use `)).toEqual(["default", "one"]);
    expect(offered(`${docker} image rm --no-p`)).toEqual(["--no-prune"]);
    expect(offered(`${docker} rm `)).toEqual([""]);
  });
});
