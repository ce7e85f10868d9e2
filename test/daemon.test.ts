/** How dockerd is set up: daemon.json, reload, TLS, socket activation, metrics. */

import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../hack/lib/command.ts";
import { makeCertificates } from "./lib/certificates.ts";
import { type DaemonSetup, freePort, startDaemon, type TestDaemon } from "./lib/daemon.ts";
import { BIN, eventually, type Result, STOCK_CLI } from "./lib/engine.ts";

let daemon: TestDaemon | undefined;
afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
});

async function start(setup: DaemonSetup): Promise<TestDaemon> {
  daemon = await startDaemon(setup);
  return daemon;
}

const run = (command: string[], env: Record<string, string> = {}): Promise<Result> =>
  runCommand(command, { env: { ...process.env, HOME: "/nonexistent", ...env } });

const docker = (host: string, ...args: string[]) => run([STOCK_CLI, "-H", host, ...args]);
const socketOf = (folder: string) => `unix://${join(folder, "docker.sock")}`;

describe("daemon.json", () => {
  const settings = (folder: string, value: object) =>
    writeFileSync(join(folder, "daemon.json"), JSON.stringify(value));

  test("SIGHUP takes over labels, runtimes and log level, tells of it, and leaves all as it is when the file is wrong", async () => {
    const {
      folder,
      process: child,
      log,
    } = await start({
      prepare: (at) => settings(at, { labels: ["stage=one"] }),
      flags: (at) => ["-H", socketOf(at), "--config-file", join(at, "daemon.json")],
    });
    const labels = async () =>
      (await docker(socketOf(folder), "info", "-f", "{{json .Labels}} {{.Debug}}")).stdout.trim();
    expect(await labels()).toBe('["stage=one"] false');
    settings(folder, { labels: ["stage=two"], debug: true, runtimes: { other: { path: "/bin/true" } } });
    child.kill("SIGHUP");
    await eventually("the reload", log, (text) => text.includes("configuration reloaded"));
    expect(await labels()).toBe('["stage=two"] true');
    const runtimes = await docker(socketOf(folder), "info", "-f", "{{json .Runtimes}}");
    expect(runtimes.stdout).toContain('"other"');
    const events = await docker(
      socketOf(folder),
      "events",
      "--since",
      "1",
      "--until",
      String(Math.ceil(Date.now() / 1000)),
      "--filter",
      "type=daemon",
    );
    expect(events.stdout).toContain("daemon reload");
    settings(folder, { labels: ["stage=three"], nonsense: 1 });
    child.kill("SIGHUP");
    await eventually("the refusal", log, (text) => text.includes("configuration is not reloaded"));
    expect(await labels()).toBe('["stage=two"] true');
  });

  test("--validate says whether a configuration would do", async () => {
    const folder = mkdtempSync("/tmp/pequod-validate-");
    const validate = (value: object, ...flags: string[]) => {
      settings(folder, value);
      return run([
        join(BIN, "dockerd"),
        "--validate",
        "--config-file",
        join(folder, "daemon.json"),
        ...flags,
      ]);
    };
    expect(await validate({ debug: true })).toMatchObject({ code: 0, stdout: "configuration OK\n" });
    expect(await validate({ nonsense: true })).toMatchObject({ code: 1 });
    const both = await validate({ debug: false }, "--debug");
    expect(both.stderr).toContain("specified both as a flag and in the configuration file: debug");
    rmSync(folder, { recursive: true });
  });
});

describe("TLS", () => {
  test("--tlsverify takes clients with a certificate of the authority, and no others", async () => {
    const port = freePort();
    const { folder } = await start({
      prepare: (at) => makeCertificates(join(at, "tls")),
      flags: (at) => [
        ...["-H", `tcp://127.0.0.1:${port}`, "-H", socketOf(at), "--tlsverify"],
        ...["--tlscacert", join(at, "tls/ca.pem"), "--tlscert", join(at, "tls/server.pem")],
        ...["--tlskey", join(at, "tls/server-key.pem")],
      ],
    });
    const host = `tcp://127.0.0.1:${port}`;
    const tls = join(folder, "tls");
    const files = [
      "--tlscacert",
      `${tls}/ca.pem`,
      "--tlscert",
      `${tls}/cert.pem`,
      "--tlskey",
      `${tls}/key.pem`,
    ];
    const good = await docker(host, "--tlsverify", ...files, "version", "-f", "{{.Server.Version}}");
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d/) });
    const plain = await docker(host, "version");
    expect(plain.code).not.toBe(0);
    const stranger = await docker(
      host,
      "--tlsverify",
      ...files.slice(0, 2),
      "version",
      "-f",
      "{{.Server.Version}}",
    );
    expect(stranger.code).not.toBe(0);
    expect((await docker(socketOf(folder), "version", "-f", "{{.Server.Version}}")).code).toBe(0);
  });

  test("a certificate that is not there keeps the daemon from starting", async () => {
    const { code, stderr } = await run([
      join(BIN, "dockerd"),
      "-H",
      "tcp://127.0.0.1:0",
      "--tlsverify",
      "--tlscert",
      "/none",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'invalid TLS configuration: could not load X509 key pair (make sure the key is not encrypted) "/none"',
    );
  });
});

/** Opens a listening socket as descriptor 3, as systemd does, and becomes the daemon. */
const ACTIVATE = `use Socket; use POSIX;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; bind($s, sockaddr_un(shift)) or die; listen($s, 16) or die;
POSIX::dup2(fileno($s), 3) if fileno($s) != 3; $^F = 9; fcntl($s, 2, 0);
$ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; exec @ARGV or die;`;

test("-H fd:// serves the socket that systemd has opened, streams and large bodies included", async () => {
  const { folder } = await start({
    prefix: (at) => ["perl", "-e", ACTIVATE, join(at, "docker.sock")],
    flags: () => ["-H", "fd://"],
  });
  expect((await docker(socketOf(folder), "version", "-f", "{{.Server.Version}}")).code).toBe(0);
  const parallel = Array.from({ length: 20 }, () => docker(socketOf(folder), "info", "-f", "{{.Driver}}"));
  expect(new Set((await Promise.all(parallel)).map(({ code }) => code))).toEqual(new Set([0]));
  const tar = join(folder, "big.tar");
  await Bun.$`head -c 8000000 /dev/urandom > ${join(folder, "big")} && tar -cf ${tar} -C ${folder} big`.quiet();
  const imported = await docker(socketOf(folder), "import", tar, "big:1");
  expect(imported).toMatchObject({ code: 0 });
  const saved = await docker(socketOf(folder), "save", "-o", join(folder, "saved.tar"), "big:1");
  expect(saved).toMatchObject({ code: 0 });
  expect(statSync(join(folder, "saved.tar")).size).toBeGreaterThan(8_000_000);
});

test("-H fd:// without an activated socket says so", async () => {
  const { code, stderr } = await run([
    join(BIN, "dockerd"),
    "-H",
    "fd://",
    "-g",
    "/tmp/pequod-no-root",
    "-p",
    "/tmp/pequod-no-pid",
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain("no sockets found via socket activation");
});

test("--group gives the socket to a group, and --metrics-addr serves counters", async () => {
  const port = freePort();
  const { folder } = await start({
    flags: (at) => ["-H", socketOf(at), "--group", "4321", "--metrics-addr", `127.0.0.1:${port}`],
  });
  const { gid, mode } = statSync(join(folder, "docker.sock"));
  expect([gid, (mode & 0o777).toString(8)]).toEqual([4321, "660"]);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(text).toMatch(/^engine_daemon_container_states_containers\{state="running"\} 0$/m);
  expect(text).toMatch(/^engine_daemon_engine_info\{.*version=".*"\} 1$/m);
  expect(text).toMatch(/^process_open_fds \d+$/m);
  expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
});
