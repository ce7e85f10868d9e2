import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemError } from "../../errors/errors.ts";
import { numberedFolders, removeAside } from "./overlay.ts";
import { type Backend, KIND, type Kind, type Mount } from "./snapshot.ts";
import { treeUsage } from "./usage.ts";

/** Snapshots as full copies: for file systems that overlayfs cannot stand on. */
export class NativeBackend implements Backend {
  readonly name = "native";
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = join(root, "snapshots");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  #path(id: number): string {
    return join(this.#folder, String(id));
  }

  /** A view needs no folder of its own: it shows its parent's. */
  async create(id: number, kind: Kind, parents: readonly number[]): Promise<void> {
    if (kind === KIND.view && parents.length > 0) return;
    await removeAside(this.#folder, id);
    mkdirSync(this.#path(id), { mode: 0o755 });
    if (parents[0] !== undefined) await copyTree(this.#path(parents[0]), this.#path(id));
  }

  mounts(id: number, kind: Kind, parents: readonly number[]): Mount[] {
    const source = this.#path(kind === KIND.view ? (parents[0] ?? id) : id);
    return [{ type: "bind", source, target: "", options: [kind === KIND.view ? "ro" : "rw", "rbind"] }];
  }

  usage(id: number) {
    return treeUsage(this.#path(id));
  }

  async remove(id: number): Promise<void> {
    await removeAside(this.#folder, id);
  }

  folders(): number[] {
    return numberedFolders(this.#folder);
  }
}

/** cp -a keeps owners, modes, times, links, devices, extended attributes and holes, and shares blocks where it can. */
async function copyTree(from: string, to: string): Promise<void> {
  const copy = Bun.spawn({
    cmd: ["cp", "-a", "--reflink=auto", `${from}/.`, to],
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const stderr = await copy.stderr.text();
  if ((await copy.exited) !== 0) throw systemError(`copy ${from} to ${to}: ${stderr.trim()}`);
}
