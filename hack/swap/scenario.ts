/** What every combination must be able to do, step by step; a step throws the reason why it cannot. */
import type { Client } from "./client.ts";
import { isUnified } from "./layout.ts";

export interface Step {
  name: string;
  run(docker: Client, id: string): Promise<void>;
}

function same(what: string, seen: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** Looks until something holds. An emulated machine is slow. */
async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = process.env["PEQUOD_VM"] ? 200 : 20,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await Bun.sleep(25);
  }
}

const inspect = (docker: Client, id: string, format: string) => docker.ok("inspect", "-f", format, id);

const OOM_ATTEMPTS = 3;

/** How often each event of a container, by its whole id, has been told since some second. */
async function eventsOf(docker: Client, id: string, since: number): Promise<Map<string, number>> {
  const until = String(Math.floor(Date.now() / 1000) + 1);
  const filter = ["--filter", `container=${id}`, "--filter", "type=container", "--format", "{{.Action}}"];
  const told = await docker.ok("events", "--since", String(since), "--until", until, ...filter);
  const counts = new Map<string, number>();
  for (const name of told.split("\n")) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Says its lines until it gets SIGTERM, then ends with 4; counts SIGUSR1. */
const TALKER =
  "n=0; trap 'exit 4' TERM; trap 'n=$((n+1)); echo usr1 $n' USR1; echo begun; while :; do sleep 0.05; done";

/** One life of a container; the daemons are restarted by the caller between `before` and `after`. */
export const STEPS: readonly Step[] = [
  {
    name: "create, attach in and out",
    async run(docker, id) {
      await docker.ok(
        ...docker.container(
          "create",
          ["-i", "--name", `${id}-io`],
          "sh",
          "-c",
          "read a; echo got $a; echo err >&2; exit 6",
        ),
      );
      const { code, stdout, stderr } = await docker.run(["start", "-a", "-i", `${id}-io`], "in\n");
      same("attach", [code, stdout, stderr], [6, "got in\n", "err\n"]);
      await docker.ok("rm", `${id}-io`);
    },
  },
  {
    name: "attach to what runs",
    async run(docker, id) {
      const name = `${id}-run`;
      const script = "read a; sleep 0.3; echo got $a; echo err >&2; sleep 0.3; exit 9";
      await docker.ok(...docker.container("run", ["-d", "-i", "--name", name], "sh", "-c", script));
      const { code, stdout, stderr } = await docker.attached(name, "in\n");
      same("attach", [code, stdout, stderr], [9, "got in\n", "err\n"]);
      await docker.ok("rm", name);
    },
  },
  {
    name: "start",
    async run(docker, id) {
      const options = ["-d", "--name", id, "-m", "64m", "--pids-limit", "50"];
      await docker.ok(...docker.container("run", options, "sh", "-c", TALKER));
      await until("first output", async () => (await docker.ok("logs", id)).includes("begun"));
    },
  },
  {
    name: "exec",
    async run(docker, id) {
      const { code, stdout } = await docker.run(["exec", "-i", id, "sh", "-c", "cat; exit 5"], "through");
      same("exec", [code, stdout], [5, "through"]);
      const missing = await docker.run(["exec", id, "nonesuch"]);
      if (missing.code !== 127 && missing.code !== 126)
        throw new Error(`exec of nothing: exit code ${missing.code}`);
    },
  },
  {
    name: "limits",
    async run(docker, id) {
      const read = (file: string) => docker.ok("exec", id, "cat", `/sys/fs/cgroup/${file}`);
      const [memory, pids] = isUnified()
        ? ["memory.max", "pids.max"]
        : ["memory/memory.limit_in_bytes", "pids/pids.max"];
      same("memory", await read(memory!), String(64 << 20));
      same("pids", await read(pids!), "50");
      if (docker.without.has("update")) return;
      await docker.ok("update", "--pids-limit", "60", id);
      same("pids after update", await read(pids!), "60");
    },
  },
  {
    name: "terminal and resize",
    async run(docker, id) {
      const code = await docker.onTerminal(
        docker.container("run", ["--rm", "-it", "--name", `${id}-tty`], "sh"),
        async (terminal, seen) => {
          const ask = async (size: string) => {
            // The size follows the start, and a change, with a delay: ask until it is there.
            await until(`size ${size}`, async () => {
              terminal.write("stty size\n");
              await Bun.sleep(50);
              return seen().includes(`\n${size}`);
            });
          };
          await until("prompt", () => seen().includes("# "));
          await ask("33 111");
          terminal.resize(90, 40);
          await ask("40 90");
          terminal.write("exit 7\n");
        },
      );
      same("exit code", code, 7);
    },
  },
  {
    name: "signals",
    async run(docker, id) {
      await docker.ok("kill", "-s", "USR1", id);
      await until("the signal's line", async () => (await docker.ok("logs", id)).includes("usr1 1"));
    },
  },
  {
    name: "pause",
    async run(docker, id) {
      await docker.ok("pause", id);
      same("paused", await inspect(docker, id, "{{.State.Status}}"), "paused");
      await docker.ok("unpause", id);
      same("running", await inspect(docker, id, "{{.State.Status}}"), "running");
    },
  },
  {
    name: "stats",
    async run(docker, id) {
      const usage = await docker.ok("stats", "--no-stream", "--format", "{{.MemUsage}} {{.PIDs}}", id);
      if (!/^[1-9][\d.]*[KMk]i?B \/ 64MiB [1-9]\d*$/.test(usage)) throw new Error(`stats: ${usage}`);
    },
  },
  {
    name: "out of memory",
    async run(docker, id) {
      const name = `${id}-oom`;
      const grow = "x=a; while :; do x=$x$x; done";
      const run = docker.container(
        "run",
        ["--name", name, "-m", "16m", "--memory-swap", "16m"],
        "sh",
        "-c",
        grow,
      );
      for (let attempt = 1; ; attempt++) {
        await docker.run(run);
        const state = await inspect(docker, name, "{{.State.OOMKilled}} {{.State.ExitCode}}");
        const told = await eventsOf(docker, await inspect(docker, name, "{{.Id}}"), 0);
        await docker.ok("rm", name);
        // Stock dockerd may hear of the end before it hears of its reason, and then says nothing of it.
        if (state === "false 137" && attempt < OOM_ATTEMPTS) continue;
        same("state", state, "true 137");
        if (!told.get("oom")) throw new Error(`no event tells of it: ${[...told.keys()].join(", ")}`);
        return;
      }
    },
  },
  {
    name: "exit codes",
    async run(docker) {
      same("run", (await docker.run(docker.container("run", ["--rm"], "sh", "-c", "exit 3"))).code, 3);
      const { code, stderr } = await docker.run(docker.container("run", ["--rm"], "nonesuch"));
      // Clients know the error by its words, and crun's begins with a capital letter.
      const isKnown = !stderr.includes("No such file or directory");
      same("nothing to run", code, isKnown ? 127 : 125);
    },
  },
  {
    name: "events",
    async run(docker, id) {
      const told = await eventsOf(docker, await inspect(docker, id, "{{.Id}}"), 0);
      for (const name of ["create", "start", "kill", "pause", "unpause", "update"])
        if (!docker.without.has(name)) same(`events ${name}`, told.get(name), 1);
      same("events die", told.get("die"), undefined);
    },
  },
];

/** After both daemons were killed and started again under a running container. */
export const AFTER_RESTART: readonly Step[] = [
  {
    name: "daemons restarted",
    async run(docker, id) {
      same("state", await inspect(docker, id, "{{.State.Status}}"), "running");
      same("exec", (await docker.run(["exec", id, "echo", "alive"])).stdout, "alive\n");
      await docker.ok("kill", "-s", "USR1", id);
      await until("output after the restart", async () => (await docker.ok("logs", id)).includes("usr1 2"));
      same("log", await docker.ok("logs", id), "begun\nusr1 1\nusr1 2");
    },
  },
  {
    name: "stop, events, delete",
    async run(docker, id) {
      const since = Math.floor(Date.now() / 1000);
      const whole = await inspect(docker, id, "{{.Id}}");
      await docker.ok("stop", id);
      same("state", await inspect(docker, id, "{{.State.Status}} {{.State.ExitCode}}"), "exited 4");
      await docker.ok("rm", id);
      const told = await eventsOf(docker, whole, since);
      for (const name of ["die", "stop", "destroy"]) same(`events ${name}`, told.get(name), 1);
    },
  },
];
