/** Runs the processes of managed plugins, each a container of its own in containerd's namespace for plugins. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { kindOf, messageOf, systemError } from "../../../errors/errors.ts";
import { MNT, MS, mount, unmount } from "../../../linux/mount.ts";
import type { Logger } from "../../../log/log.ts";
import type { ContainerdClient, RuntimeChoice } from "../../containerd/client.ts";
import { pluginSpec } from "./spec.ts";
import type { PluginRecord, PluginStore } from "./store.ts";

export interface RunnerOptions {
  store: PluginStore;
  /** In the namespace of plugins. */
  containerd: ContainerdClient;
  runtime: RuntimeChoice;
  /** <exec-root>/plugins */
  sockets: string;
  log: Logger;
}

const SIGTERM = 15;
const SIGKILL = 9;
/** How long a plugin may take to end by itself, ms. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 20;

export class PluginRunner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Path of the plugin's socket on the host. */
  socket({ plugin }: PluginRecord): string {
    return join(this.#options.sockets, plugin.Id, plugin.Config.Interface.Socket);
  }

  /** Where a path of the plugin's is on the host. */
  pathOf({ plugin }: PluginRecord, path: string): string {
    const { PropagatedMount } = plugin.Config;
    if (PropagatedMount === "" || !`${path}/`.startsWith(`${PropagatedMount.replace(/\/$/, "")}/`))
      return path;
    return join(this.#propagated(plugin.Id), path.slice(PropagatedMount.length));
  }

  #propagated(id: string): string {
    return join(this.#options.store.folder(id), "propagated-mount");
  }

  async isRunning({ plugin }: PluginRecord): Promise<boolean> {
    return (await this.#options.containerd.process(plugin.Id))?.status === "running";
  }

  /** Starts the process and waits until its socket takes calls. Errors: system, invalidArgument; nothing stays. */
  async start(record: PluginRecord, seconds: number): Promise<void> {
    const { Id, Config } = record.plugin;
    const { containerd, runtime, sockets, store } = this.#options;
    await this.#clear(Id);
    mkdirSync(join(sockets, Id), { recursive: true, mode: 0o700 });
    const propagated = Config.PropagatedMount === "" ? undefined : this.#share(Id);
    try {
      const folders = { rootfs: store.rootfs(Id), sockets: join(sockets, Id), propagated };
      await containerd.createContainer({ id: Id, spec: pluginSpec(record, folders), runtime });
      await containerd.createTask({ id: Id, runtime, stdin: "", stdout: "", stderr: "", terminal: false });
      await containerd.start(Id);
      await this.#answers(record, seconds);
    } catch (error) {
      await this.stop(record).catch(() => {});
      throw error;
    }
  }

  /** A mount of its own, so that what the plugin mounts below it is seen on the host. */
  #share(id: string): string {
    const path = this.#propagated(id);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    this.#unshare(id);
    mount(path, path, "none", MS.BIND);
    mount("none", path, "none", MS.SHARED | MS.REC);
    return path;
  }

  #unshare(id: string): void {
    const path = this.#propagated(id);
    try {
      if (existsSync(path)) unmount(path, MNT.DETACH);
    } catch (error) {
      if (!messageOf(error).includes("EINVAL")) throw error;
    }
  }

  async #answers(record: PluginRecord, seconds: number): Promise<void> {
    const { plugin } = record;
    const deadline = performance.now() + seconds * 1000;
    for (let why = "its socket is not there"; ; await Bun.sleep(LOOK_MS)) {
      if (existsSync(this.socket(record))) {
        try {
          const answer = await fetch("http://plugin/Plugin.Activate", {
            method: "POST",
            unix: this.socket(record),
            signal: AbortSignal.timeout(Math.max(1, deadline - performance.now())),
          });
          await answer.text();
          return;
        } catch (error) {
          why = messageOf(error);
        }
      }
      if (!(await this.isRunning(record)))
        throw systemError(`plugin ${plugin.Name} ended before it served: ${why}`);
      if (performance.now() > deadline)
        throw systemError(`plugin ${plugin.Name} does not answer within ${seconds} s: ${why}`);
    }
  }

  /** Ends the process, by force if it does not end by itself. */
  async stop({ plugin }: PluginRecord): Promise<void> {
    const { Id } = plugin;
    const { containerd, sockets } = this.#options;
    await containerd.kill(Id, SIGTERM).catch(ignoreMissing);
    const deadline = performance.now() + PATIENCE_MS;
    while ((await containerd.process(Id))?.status === "running" && performance.now() < deadline)
      await Bun.sleep(LOOK_MS);
    await this.#clear(Id);
    rmSync(join(sockets, Id), { recursive: true, force: true });
    this.#unshare(Id);
  }

  /** Takes away what an earlier run has left in containerd. */
  async #clear(id: string): Promise<void> {
    const { containerd } = this.#options;
    const deadline = performance.now() + PATIENCE_MS;
    for (let info = await containerd.process(id); info; info = await containerd.process(id)) {
      await containerd.kill(id, SIGKILL, { all: true }).catch(ignoreMissing);
      await containerd.deleteTask(id).catch(() => {});
      if (performance.now() > deadline)
        throw systemError(`process ${info.pid} of plugin ${id} cannot be ended`);
      await Bun.sleep(LOOK_MS);
    }
    await containerd.deleteContainer(id);
  }
}

function ignoreMissing(error: unknown): void {
  if (kindOf(error) !== "notFound") throw error;
}
