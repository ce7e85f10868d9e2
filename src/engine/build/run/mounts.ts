/** RUN --mount: what is mounted for one command, and is no part of the image. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Mount } from "../../../api/schema.ts";
import { pack } from "../../../archive/pack.ts";
import { unpack } from "../../../archive/unpack.ts";
import type { Of, RunMount } from "../../../dockerfile/types.ts";
import { invalidArgument, notFound } from "../../../errors/errors.ts";
import { hostOwner, type Owner } from "../../../linux/id-map.ts";
import { planCopy } from "../copy/copy.ts";
import { LayerPlan } from "../copy/plan.ts";
import { findSources } from "../copy/sources.ts";
import { secretOf } from "../session/client.ts";
import { expander, type StepContext } from "../steps/context.ts";
import { sha256 } from "../tree/hash.ts";
import { joinPath, parentOf } from "../tree/tree.ts";

interface HostPart {
  Mounts?: Mount[];
  Tmpfs?: Record<string, string>;
}

export interface RunMounts {
  /** What of them counts for the cache; "" if there are none. */
  key: string;
  open(): Promise<void>;
  hostConfig(): HostPart;
  env(): string[];
  /** Mount points that were not there before. */
  madeTargets: ReadonlySet<string>;
  close(): Promise<void>;
}

type Script = { name: string; content: string } | undefined;

/** Checks the mounts and sums up their content; open() makes them. Errors: invalidArgument. */
export async function prepareMounts(
  context: StepContext,
  run: Of<"RUN">,
  script: Script,
): Promise<RunMounts> {
  const { word } = expander(context);
  const optional = (text: string | undefined) => (text === undefined ? undefined : word(text));
  const mounts = run.mounts.map((mount) => ({
    ...mount,
    target: optional(mount.target),
    source: optional(mount.source),
    from: optional(mount.from),
    id: optional(mount.id),
  }));
  const set = new MountSet(context, mounts, script);
  set.key = await set.sum(run);
  return set;
}

class MountSet implements RunMounts {
  key = "";
  readonly madeTargets = new Set<string>();
  readonly #context: StepContext;
  readonly #mounts: RunMount[];
  readonly #script: Script;
  readonly #host: Required<HostPart> = { Mounts: [], Tmpfs: {} };
  readonly #env: string[] = [];
  #agents = 0;
  readonly #undo: (() => void | Promise<void>)[] = [];

  constructor(context: StepContext, mounts: RunMount[], script: Script) {
    this.#context = context;
    this.#mounts = mounts;
    this.#script = script;
  }

  /** Flags and what is bound count, secrets and caches do not. */
  async sum(run: Of<"RUN">): Promise<string> {
    const { network, security } = run;
    if (this.#mounts.length === 0 && !this.#script && network === "default" && security === "sandbox")
      return "";
    const parts: unknown[] = [network, security, this.#script?.content ?? ""];
    for (const mount of this.#mounts) {
      parts.push([mount.type, mount.target, mount.source, mount.from, mount.id, mount.readonly, mount.env]);
      if (mount.type === "bind") parts.push(await this.#bindSum(mount));
    }
    return sha256(JSON.stringify(parts));
  }

  async #bindSum(mount: RunMount): Promise<string> {
    const root = mount.from === undefined ? undefined : await this.#context.openFrom(mount.from);
    try {
      const tree = root?.tree ?? this.#context.source;
      const { temporary } = this.#context.env;
      const [found] = await findSources(tree, mount.source ?? "/", { isContext: !root, temporary });
      return found!.hash;
    } finally {
      await root?.close();
    }
  }

  async open(): Promise<void> {
    for (const mount of this.#mounts) await this.#add(mount);
    if (this.#script) this.#addScript(this.#script);
    await this.#noteTargets();
  }

  #add(mount: RunMount): Promise<void> {
    switch (mount.type) {
      case "cache":
        return this.#addCache(mount);
      case "bind":
        return this.#addBind(mount);
      case "secret":
        return this.#addSecret(mount);
      case "ssh":
        return this.#addAgent(mount);
      default:
        return this.#addTmpfs(mount);
    }
  }

  #hostOwner({ uid = "0", gid = "0" }: RunMount): Owner {
    return hostOwner(this.#context.env.images.layers.ids, { uid: Number(uid), gid: Number(gid) });
  }

  #target(target: string): string {
    return posix.resolve(this.#context.state.config.WorkingDir || "/", target);
  }

  #bind(source: string, target: string, readonly: boolean): void {
    this.#host.Mounts.push({ Type: "bind", Source: source, Target: target, ReadOnly: readonly });
  }

  async #addCache(mount: RunMount): Promise<void> {
    const target = this.#target(mount.target!);
    const owner = {
      ...this.#hostOwner(mount),
      mode: Number.parseInt(mount.mode ?? "755", 8),
    };
    const { from, source = "", id = target, sharing } = mount;
    const { cacheMounts } = this.#context.env;
    const { path, release } = await (from === undefined
      ? cacheMounts.take(id, sharing, owner)
      : cacheMounts.take(`${id} from ${from}:${source}`, sharing, owner, (path) =>
          this.#fillCache(path, from, source),
        ));
    this.#undo.push(release);
    this.#bind(path, target, mount.readonly);
  }

  /** A new cache begins with what a folder of a stage or image has. Errors: notFound. */
  async #fillCache(path: string, from: string, source: string): Promise<void> {
    const { tree, close } = await this.#context.openFrom(from);
    try {
      const found = tree.find(source, true);
      if (found?.header.type !== "directory")
        throw notFound(`cache source ${JSON.stringify(source)} is no folder of ${from}`);
      await unpack(pack(posix.join(tree.root, found.path)), path, { whiteouts: "keep" });
    } finally {
      await close();
    }
  }

  async #addTmpfs(mount: RunMount): Promise<void> {
    const options = [mount.size && `size=${mount.size}`, `mode=${mount.mode ?? "1777"}`].filter(Boolean);
    this.#host.Tmpfs[this.#target(mount.target!)] = options.join(",");
  }

  async #addSecret(mount: RunMount): Promise<void> {
    const id = mount.id ?? (mount.target ? posix.basename(mount.target) : (mount.env ?? ""));
    const value = await this.#secret(id);
    if (!value) {
      if (mount.required)
        throw invalidArgument(`secret ${id}: not found: give it by --secret id=${id},src=FILE`);
      return;
    }
    if (mount.env !== undefined) this.#env.push(`${mount.env}=${Buffer.from(value).toString("utf8")}`);
    if (mount.env !== undefined && mount.target === undefined) return;
    const file = this.#privateFile(id, value);
    const { uid, gid } = this.#hostOwner(mount);
    chownSync(file, uid, gid);
    chmodSync(file, Number.parseInt(mount.mode ?? "400", 8));
    this.#bind(file, this.#target(mount.target ?? `/run/secrets/${id}`), true);
  }

  async #secret(id: string): Promise<Uint8Array | undefined> {
    const { session, signal } = this.#context.request;
    return session && secretOf(session, id, signal);
  }

  /** A socket that leads to the client's agent. */
  async #addAgent(mount: RunMount): Promise<void> {
    const { session, signal } = this.#context.request;
    const id = mount.id ?? "default";
    const agent = session && (await import("../session/agent.ts"));
    if (!agent || !(await agent.hasAgent(session, id, signal))) {
      if (mount.required)
        throw invalidArgument(
          `no SSH key ${JSON.stringify(id)} forwarded from the client: give it by --ssh ${id}`,
        );
      return;
    }
    const path = join(this.#privateFolder(), "agent.sock");
    const mode = Number.parseInt(mount.mode ?? "600", 8);
    const owner = { ...this.#hostOwner(mount), mode };
    this.#undo.push(await agent.serveAgent(session, id, { path, owner }, signal));
    const target = this.#target(mount.target ?? `/run/buildkit/ssh_agent.${this.#agents++}`);
    this.#bind(path, target, true);
    if (!this.#env.some((one) => one.startsWith("SSH_AUTH_SOCK="))) this.#env.push(`SSH_AUTH_SOCK=${target}`);
  }

  /** Below the exec root, which is in memory on a usual host, and goes when the command has ended. */
  #privateFolder(): string {
    const base = join(this.#context.env.containers.env.config.execRoot, "build");
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(base, "run-"));
    this.#undo.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  #privateFile(name: string, content: Uint8Array | string): string {
    const file = join(this.#privateFolder(), posix.basename(name) || "file");
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  #addScript({ name, content }: { name: string; content: string }): void {
    const file = this.#privateFile(name, content);
    chmodSync(file, 0o755);
    this.#bind(file, `/dev/pipes/${name}`, true);
  }

  async #addBind(mount: RunMount): Promise<void> {
    const { context, path } = await this.#bindSource(mount);
    const found = context.find(mount.source ?? "", true);
    if (!found) throw invalidArgument(`bind source ${JSON.stringify(mount.source)} is not there`);
    this.#bind(joinPath(path, found.path), this.#target(mount.target!), mount.readonly);
  }

  /** A stage is mounted; of the context, what is bound is laid out in a folder. */
  async #bindSource(mount: RunMount) {
    if (mount.from !== undefined) {
      const root = await this.#context.openFrom(mount.from);
      this.#undo.push(() => root.close());
      return { context: root.tree, path: root.tree.root };
    }
    const { env, source, request } = this.#context;
    mkdirSync(env.temporary, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(env.temporary, "bind-"));
    this.#undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const { temporary } = env;
    const [found] = await findSources(source, mount.source ?? "/", { isContext: true, temporary });
    const plan = new LayerPlan(undefined);
    await planCopy(found!, {
      plan,
      destination: `/${found!.entry.path}`,
      owner: undefined,
      mode: undefined,
      parents: false,
      exclude: [],
      unpack: false,
      temporary,
      signal: request.signal,
      keep: () => {},
    });
    await unpack(plan.tar(), folder, { whiteouts: "keep", ids: env.images.layers.ids });
    return { context: source, path: folder };
  }

  /** The runtime makes mount points; those that were not there are to go from the layer. */
  async #noteTargets(): Promise<void> {
    const targets = [...this.#host.Mounts.map(({ Target }) => Target!), ...Object.keys(this.#host.Tmpfs)];
    if (targets.length === 0) return;
    const root = await this.#context.openCurrent();
    try {
      for (const target of targets) {
        const path = root?.tree.resolve(target, true) ?? target.slice(1);
        for (let at = path; at !== "" && !root?.tree.find(at, false); at = parentOf(at))
          this.madeTargets.add(at);
      }
    } finally {
      await root?.close();
    }
  }

  hostConfig(): HostPart {
    const { Mounts, Tmpfs } = this.#host;
    return {
      ...(Mounts.length > 0 ? { Mounts } : {}),
      ...(Object.keys(Tmpfs).length > 0 ? { Tmpfs } : {}),
    };
  }

  env(): string[] {
    return this.#env;
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
  }
}
