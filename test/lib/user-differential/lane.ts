/** A lane: one client on one engine, in a network of their own, that goes through all lines at its own pace. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "../engine.ts";
import type { Subject } from "./subjects.ts";

/** A network namespace, kept by a process that does nothing. */
export interface Namespace {
  /** What a command line is put behind to run in it. */
  prefix: string[];
  end(): Promise<void>;
}

/** Resolves when its loopback is up. */
export async function openNamespace(): Promise<Namespace> {
  const script = "ip link set lo up && echo up && exec sleep infinity";
  const keeper = Bun.spawn(["unshare", "--net", "--", "sh", "-c", script], {
    stdin: "ignore",
    stdout: "pipe",
  });
  await keeper.stdout.getReader().read();
  return {
    prefix: ["nsenter", `--net=/proc/${keeper.pid}/ns/net`, "--"],
    async end() {
      keeper.kill("SIGKILL");
      await keeper.exited;
    },
  };
}

export interface LaneSetup {
  /** Of its own: the lines' folders are made there. */
  folder: string;
  client: string;
  /** DOCKER_HOST. */
  host: string;
  prefix: string[];
}

/** Seconds that a line may take; then it ends with code 124. */
const PATIENCE = 60;

const CLEANING =
  "docker ps -aq | xargs -r docker rm -fv; docker network prune -f; docker volume ls -q | xargs -r docker volume rm";

export class Lane {
  readonly #setup: LaneSetup;

  constructor(setup: LaneSetup) {
    this.#setup = setup;
    const bin = join(setup.folder, "bin");
    mkdirSync(bin);
    symlinkSync(setup.client, join(bin, "docker"));
    mkdirSync(join(setup.folder, "user"));
  }

  /** Runs the lines of a subject one after the other, in a new folder; then takes away what they left. */
  async run({ name, lines }: Subject, done: (i: number, result: Result) => void): Promise<void> {
    const folder = join(this.#setup.folder, "lines", name, "work");
    mkdirSync(folder, { recursive: true });
    for (const [i, line] of lines.entries()) done(i, await this.#shell(line, folder));
    await this.#shell(CLEANING, folder);
    rmSync(folder, { recursive: true, force: true });
  }

  async #shell(line: string, cwd: string): Promise<Result> {
    const { folder, prefix, host } = this.#setup;
    const child = Bun.spawn([...prefix, "timeout", String(PATIENCE), "bash", "-c", line], {
      cwd,
      env: {
        PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
        HOME: join(folder, "user"),
        DOCKER_HOST: host,
        BASH_ENV: join(import.meta.dir, "prelude.sh"),
        LC_ALL: "C.UTF-8",
        TZ: "UTC",
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }
}
