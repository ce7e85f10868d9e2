/** CLI plugins (`docker compose` and the like): found, listed and run as the stock client does. No engine needed. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparable, hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-plugins.test.ts: skipped, the stock client 28.2.2 is not installed");

const home = mkdtempSync("/tmp/pequod-plugins-");
const folder = join(home, ".docker/cli-plugins");
const more = join(home, "more");
afterAll(() => rmSync(home, { recursive: true }));

const METADATA = { SchemaVersion: "0.1.0", Vendor: "Me", Version: "v1", ShortDescription: "Says so" };

/** A plugin that prints what it was called with, what it may know, and ends with 7. */
function write(at: string, name: string, metadata: unknown, mode = 0o755): void {
  mkdirSync(at, { recursive: true });
  const answer = typeof metadata === "string" ? metadata : `echo '${JSON.stringify(metadata)}'`;
  const body = 'printf "<%s>" "$@"; echo "$DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND"; cat; exit 7';
  writeFileSync(
    join(at, `docker-${name}`),
    `#!/bin/sh\n[ "$1" = docker-cli-plugin-metadata ] && { ${answer}; exit; }\n${body}\n`,
  );
  chmodSync(join(at, `docker-${name}`), mode);
}

write(folder, "hello", METADATA);
write(folder, "bare", { SchemaVersion: "0.1.0", Vendor: "Me" });
write(folder, "nobody", { SchemaVersion: "0.1.0" });
write(folder, "old", { ...METADATA, SchemaVersion: "0.0.1" });
write(folder, "ps", METADATA);
write(folder, "Upper", METADATA);
write(folder, "fails", "exit 3");
write(folder, "locked", METADATA, 0o644);
write(more, "hello", { ...METADATA, Version: "v2" });
write(more, "further", { ...METADATA, URL: "http://example.org" });
symlinkSync("nowhere", join(folder, "docker-dangling"));
symlinkSync("docker-bare", join(folder, "docker-link"));
writeFileSync(join(home, ".docker/config.json"), JSON.stringify({ cliPluginsExtraDirs: [more] }));

function run(cli: string, args: string[]) {
  const child = Bun.spawnSync([cli, ...args], {
    env: { PATH: process.env["PATH"], HOME: home, DOCKER_HOST: "unix:///nonexistent" },
    stdin: new TextEncoder().encode("what was typed\n"),
  });
  const text = (bytes: Buffer) => bytes.toString().replaceAll(cli, "docker");
  // Words of cobra's for a person, which our completion does not print.
  const stderr = text(child.stderr).replace(/^Completion ended .*\n/m, "");
  return comparable({ code: child.exitCode, stdout: text(child.stdout), stderr });
}

const LINES: string[][] = [
  ["info"],
  ["info", "-f", "{{json .ClientInfo.Plugins}}"],
  ["info", "-f", "{{range .ClientInfo.Plugins}}{{.Name}} {{.Version}} {{.Path}}{{println}}{{end}}"],
  ["hello", "a", "--b", "-c", ""],
  ["-D", "-H", "unix:///x", "hello", "--help"],
  ["further"],
  ["link", "x"],
  ["nobody"],
  ["old"],
  ["fails", "x"],
  ["locked"],
  ["Upper"],
  ["ps"],
  ["--config", "/nonexistent", "hello"],
  ["__complete", "he"],
];

for (const args of LINES) {
  test.skipIf(!here)(`docker ${args.join(" ")}`, () => {
    const [ours, stock] = [run(OUR_CLI, args), run(STOCK_CLI!, args)];
    if (args[0] === "__complete") {
      stock.stdout = stock.stdout.replace(/^help\t.*\n/m, "");
    }
    expect(ours).toEqual(stock);
  });
}

test("the words after a plugin's name are completed by the plugin", () => {
  const { code, stdout } = run(OUR_CLI, ["__complete", "hello", "x", ""]);
  expect(stdout).toBe("<__complete><hello><x><>docker\nwhat was typed\n");
  expect(code).toBe(7);
});

test("the help lists plugins with a star, and the useless ones with the reason", () => {
  const { stdout } = run(OUR_CLI, []);
  expect(stdout).toMatch(/^Management Commands:$[^:]*^ {2}hello\* {6}Says so$/m);
  expect(stdout).toMatch(
    /^Invalid Plugins:$(\n.*)*^ {2}nobody {6}plugin metadata does not define a vendor$/m,
  );
});

test("a plugin has the client's terminal, its signals and its exit status: it is the same process", async () => {
  write(folder, "pid", METADATA);
  writeFileSync(
    join(folder, "docker-pid"),
    `#!/bin/sh\n[ "$1" = docker-cli-plugin-metadata ] && { echo '${JSON.stringify(METADATA)}'; exit; }\ngrep -E '^Sig(Ign|Blk)' /proc/self/status; echo $$; kill -TERM $$\n`,
  );
  const options = { env: { HOME: home, PATH: process.env["PATH"] }, stdout: "pipe" } as const;
  // What this process itself was started with is passed on as well.
  const inherited = Bun.spawnSync(
    ["grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"],
    options,
  ).stdout.toString();
  const child = Bun.spawn([OUR_CLI, "pid"], options);
  const output = await new Response(child.stdout).text();
  await child.exited;
  expect(output).toBe(`${inherited}${child.pid}\n`);
  expect(child.signalCode).toBe("SIGTERM");
});
