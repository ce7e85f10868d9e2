/**
 * `make demo`: a container through all five programs, shown while it runs. `make run` (--stay) leaves the daemons up.
 * Everything lives in a folder of its own, which goes at the end.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeBusyboxImage } from "./lib/busybox-image.ts";
import { type Chain, startChain } from "./lib/chain.ts";

const BUNDLE = resolve(import.meta.dir, "../bundles/latest");
const CLIENT = join(BUNDLE, "binary-client/docker");

function say(text: string): void {
  console.log(`\n\x1b[1m# ${text}\x1b[0m`);
}

/** Runs the client, shows the command and what it prints; a failure ends the demo. */
function show(chain: Chain, ...args: string[]): string {
  console.log(`$ docker ${args.map((arg) => (/[\s;$&|]/.test(arg) ? `'${arg}'` : arg)).join(" ")}`);
  const { code, output } = chain.docker(...args);
  process.stdout.write(output);
  if (code !== 0) throw new Error(`docker ${args[0]} ended with exit code ${code}`);
  return output.trim();
}

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function processes(): Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim();
        return [{ pid: Number(name), parent, command }];
      } catch {
        return [];
      }
    });
}

/** The chain's processes as a tree: what names the demo's folder, and what descends from that. */
function showTree(folder: string): void {
  const all = processes().filter((p) => p.pid !== process.pid);
  const byPid = new Map(all.map((p) => [p.pid, p]));
  const ours = (p: Process): boolean =>
    p.command.includes(folder) || (byPid.has(p.parent) && ours(byPid.get(p.parent)!));
  const mine = all.filter(ours);
  const print = (p: Process, depth: number) => {
    const words = p.command
      .replaceAll(BUNDLE, "…")
      .replaceAll(folder, "…")
      .replace(/[0-9a-f]{64}/g, (id) => `${id.slice(0, 12)}…`);
    console.log(`${String(p.pid).padStart(8)}  ${"   ".repeat(depth)}${words.slice(0, 150)}`);
    for (const child of mine.filter((c) => c.parent === p.pid)) print(child, depth + 1);
  };
  for (const p of mine.filter((one) => !mine.some((other) => other.pid === one.parent))) print(p, 0);
}

async function demo(chain: Chain, folder: string): Promise<void> {
  say("Client and server");
  show(chain, "version");
  say("An image without a registry: Debian's busybox");
  const image = join(folder, "busybox.tar");
  writeBusyboxImage(image);
  show(chain, "load", "-i", image);
  show(chain, "images");
  say("A container");
  show(
    chain,
    "run",
    "--rm",
    "busybox",
    "sh",
    "-c",
    "echo hello from $(hostname), pid $$; ip -4 addr show eth0 | grep inet",
  );
  say("The chain while a container runs");
  show(chain, "run", "-d", "--name", "sleeper", "busybox", "sleep", "1000");
  show(chain, "ps");
  show(chain, "exec", "sleeper", "ps");
  showTree(folder);
  show(chain, "rm", "-f", "sleeper");
}

async function stay(chain: Chain): Promise<void> {
  const namespace = process.env["PEQUOD_HOST_NETWORK"]
    ? "the host's network"
    : "a network namespace of their own";
  console.log(`\nThe daemons run in ${namespace}. In another terminal:\n`);
  console.log(`  export DOCKER_HOST=${chain.host}\n  ${CLIENT} info\n\nCtrl-C ends them.`);
  const asked = new Promise<void>((resolve) => {
    process.on("SIGINT", () => resolve());
    process.on("SIGTERM", () => resolve());
  });
  await Promise.race([asked, chain.dockerd.exited]);
}

const folder = mkdtempSync("/tmp/pequod-");
let chain: Chain | undefined;
try {
  chain = await startChain({ folder, client: CLIENT, daemonPrograms: join(BUNDLE, "binary-daemon") });
  await (process.argv.includes("--stay") ? stay(chain) : demo(chain, folder));
} catch (error) {
  console.error(`\ndemo: ${(error as Error).message}`);
  if (chain)
    console.error((await Bun.file(join(folder, "dockerd.log")).text()).split("\n").slice(-20).join("\n"));
  process.exitCode = 1;
} finally {
  await chain?.stop();
  rmSync(folder, { recursive: true, force: true });
}
