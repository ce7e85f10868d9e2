/** docker-runc by itself, on bundles and a state folder of the test's own. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dockerSpec, makeBundle } from "../../hack/lib/bundle.ts";
import { layBusyboxRoot } from "../../hack/lib/busybox-image.ts";
import { runCommand } from "../../hack/lib/command.ts";
import type { Spec } from "../../src/oci/runtime-spec.ts";
import { BIN, type Result } from "./engine.ts";

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
}

let counter = 0;

/** The programs of one test file: a root file system, bundles, and a runtime to run them with. */
export class RuntimeBench {
  readonly folder = mkdtempSync("/tmp/pequod-runc-");
  readonly state = join(this.folder, "state");
  readonly root = join(this.folder, "root");
  readonly binary: string;
  /** All containers of this file are below this cgroup. */
  readonly cgroup = `/pequod-runc-${process.pid}-${counter++}`;

  constructor(binary = join(BIN, "docker-runc")) {
    this.binary = binary;
    mkdirSync(this.root);
    layBusyboxRoot(this.root);
  }

  /** A new bundle on the shared root, as Docker would configure it, changed by `change`. */
  bundle(args: string[], change: (spec: Spec) => void = () => {}): { id: string; path: string; spec: Spec } {
    const id = `c${counter++}`;
    const spec = dockerSpec(args, `${this.cgroup}/${id}`);
    spec.root!.path = this.root;
    change(spec);
    const path = join(this.folder, id);
    makeBundle(path, spec, this.root);
    return { id, path, spec };
  }

  /** Runs the runtime to its end; errors are in plain words on stderr. */
  runc(args: string[], { env, ...rest }: RunOptions = {}): Promise<Result> {
    return runCommand(this.command(args), { ...rest, env: { PATH: process.env["PATH"], ...env } });
  }

  /** A command line; --log makes errors on stderr plain. */
  command(args: string[]): string[] {
    return [this.binary, "--root", this.state, "--log", join(this.folder, "log"), ...args];
  }

  /** As runc(), for commands whose process goes on and keeps the streams: those are a file. */
  async detached(args: string[]): Promise<Result> {
    const output = Bun.file(join(this.folder, `output-${counter++}`));
    const child = Bun.spawn(this.command(args), { stdin: "ignore", stdout: output, stderr: output });
    const code = await child.exited;
    const text = await output.text();
    return { code, stdout: text, stderr: text };
  }

  /** Runs a command in a container of its own; its output, or what went wrong. */
  async sh(script: string, change?: (spec: Spec) => void): Promise<string> {
    const { id, path } = this.bundle(["sh", "-c", script], change);
    const { code, stdout, stderr } = await this.runc(["run", "--bundle", path, id]);
    return code === 0 ? stdout.trim() : `exit ${code}: ${stderr}${stdout}`;
  }

  /** Starts a container that sleeps, and returns its id; stopped by kill(). */
  async sleeping(change?: (spec: Spec) => void): Promise<string> {
    const { id, path } = this.bundle(["sleep", "1000"], change);
    const { code, stderr } = await this.detached(["run", "--detach", "--bundle", path, id]);
    if (code !== 0) throw new Error(`run --detach: ${stderr}`);
    return id;
  }

  async kill(id: string): Promise<void> {
    await this.runc(["delete", "--force", id]);
  }

  /** What containers of this file have left behind: state folders, cgroups, mounts. */
  leftovers(): string[] {
    const states = existsSync(this.state) ? readdirSync(this.state).filter((n) => !n.startsWith(".")) : [];
    const cgroups = readdirSync("/sys/fs/cgroup")
      .map((name) => `/sys/fs/cgroup/${name}${this.cgroup}`)
      .filter((path) => existsSync(path))
      .flatMap((path) =>
        readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => `${path}/${entry.name}`),
      );
    const mounts = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(this.folder));
    return [...states, ...cgroups, ...mounts];
  }

  /** Processes of init or of containers on this file's root, by their command line. */
  processes(): string[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
          const elsewhere = readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync("/proc/self/ns/mnt");
          const here = elsewhere
            ? readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(this.folder)
            : command.startsWith("docker-runc-init");
          return here && command !== "" ? [`${pid}: ${command}`] : [];
        } catch {
          // It has ended meanwhile.
          return [];
        }
      });
  }

  /** Removes everything. */
  async close(): Promise<void> {
    for (const id of existsSync(this.state) ? readdirSync(this.state) : [])
      if (!id.startsWith(".")) await this.kill(id);
    for (const name of readdirSync("/sys/fs/cgroup")) {
      const path = `/sys/fs/cgroup/${name}${this.cgroup}`;
      if (existsSync(path)) Bun.spawnSync(["rmdir", path]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
