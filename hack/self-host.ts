/**
 * `make self-host`: the engine builds itself, twice. Stage 1 is bundles/latest, compiled on this host. Its engine builds
 * the root Dockerfile and compiles stage 2 in a container of that image; stage 2's engine does the same for stage 3.
 * Stages 2 and 3 must be the same, byte by byte. BASE_ARCHIVE names the base image (default: hack/base-image makes it);
 * APT_MIRROR, NPM_MIRROR and proxies are passed on.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Chain, startChain } from "./lib/chain.ts";
import { proxySettings } from "./lib/proxies.ts";

const ROOT = resolve(import.meta.dir, "..");
const BASE = process.env["BASE_ARCHIVE"] ?? join(ROOT, ".build/base-image.tar");
const PROGRAMS = ["binary-client/docker", "binary-daemon/dockerd", "binary-daemon/docker-init"];
const PASSED_ON = ["APT_MIRROR", "NPM_MIRROR"];
/** In the host's network, but without a bridge or firewall rules of its own. */
const FLAGS = ["--bridge=none", "--iptables=false"];

const git = (...args: string[]) =>
  Bun.spawnSync(["git", "-C", ROOT, ...args])
    .stdout.toString()
    .trim();
const commit = process.env["DOCKER_GITCOMMIT"] ?? git("rev-parse", "--short=10", "HEAD");
const epoch = process.env["SOURCE_DATE_EPOCH"] ?? git("log", "-1", "--format=%ct");

interface Stage {
  /** Folder with binary-client and binary-daemon. */
  bundle: string;
  digests: Map<string, string>;
  seconds: number;
}

function docker(chain: Chain, client: string, args: string[]): void {
  const child = Bun.spawnSync([client, ...args], {
    cwd: ROOT,
    env: { ...process.env, DOCKER_HOST: chain.host, HOME: ROOT },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (child.exitCode !== 0) throw new Error(`docker ${args[0]} ended with exit code ${child.exitCode}`);
}

function digestsOf(bundle: string): Map<string, string> {
  return new Map(
    PROGRAMS.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(bundle, name)))
        .digest("hex"),
    ]),
  );
}

/** Builds the next stage with the engine of this one. */
async function nextStage(number: number, bundle: string, work: string): Promise<Stage> {
  const begun = performance.now();
  const folder = join(work, `engine-${number - 1}`);
  const output = join(work, `stage-${number}`);
  for (const path of [folder, output]) mkdirSync(path);
  const client = join(bundle, "binary-client/docker");
  const chain = await startChain({
    folder,
    client,
    daemonPrograms: join(bundle, "binary-daemon"),
    flags: FLAGS,
  });
  try {
    docker(chain, client, ["load", "-i", BASE]);
    const mirrors = PASSED_ON.map((name) => [name, process.env[name] ?? ""] as const);
    const args = [...mirrors, ...Object.entries(proxySettings())].flatMap(([name, value]) =>
      value === "" ? [] : ["--build-arg", `${name}=${value}`],
    );
    const build = [
      "build",
      "--network",
      "host",
      "--target",
      "build",
      "--build-arg",
      "BASE_IMAGE=pequod-base:latest",
    ];
    docker(chain, client, [...build, ...args, "-t", "pequod-build", "."]);
    const env = ["-e", `DOCKER_GITCOMMIT=${commit}`, "-e", `SOURCE_DATE_EPOCH=${epoch}`];
    const run = ["run", "--rm", "--network", "none", ...env, "-v", `${output}:/src/bundles`];
    docker(chain, client, [...run, "pequod-build", "node_modules/.bin/bun", "hack/build.ts"]);
  } finally {
    await chain.stop();
  }
  const made = join(output, readFileSync(join(ROOT, "VERSION"), "utf8").trim());
  return { bundle: made, digests: digestsOf(made), seconds: (performance.now() - begun) / 1000 };
}

function report(name: string, { digests, seconds }: Stage): void {
  console.log(`\n${name}${seconds > 0 ? `, ${seconds.toFixed(0)} s` : ""}`);
  for (const [program, digest] of digests) console.log(`  ${digest}  ${program}`);
}

const work = mkdtempSync("/tmp/pequod-self-host-");
try {
  const first = join(ROOT, "bundles/latest");
  if (!existsSync(first)) throw new Error("bundles/latest is not there: run make bootstrap first");
  if (!existsSync(BASE)) throw new Error(`${BASE} is not there: run hack/base-image first`);
  const second = await nextStage(2, first, work);
  const third = await nextStage(3, second.bundle, work);
  report("stage 1 (this host)", { bundle: first, digests: digestsOf(first), seconds: 0 });
  report("stage 2 (built by stage 1's engine)", second);
  report("stage 3 (built by stage 2's engine)", third);
  const differing = PROGRAMS.filter((name) => second.digests.get(name) !== third.digests.get(name));
  if (differing.length > 0) throw new Error(`stages 2 and 3 differ in ${differing.join(", ")}`);
  console.log("\nstages 2 and 3 are the same, byte by byte");
} catch (error) {
  console.error(`self-host: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  if (!process.env["KEEP"]) rmSync(work, { recursive: true, force: true });
  else console.log(`kept: ${work}`);
}
