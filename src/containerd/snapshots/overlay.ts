import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Backend, KIND, type Kind, type Mount } from "./snapshot.ts";
import { treeUsage } from "./usage.ts";

/** Snapshots as layers of overlayfs: snapshots/<id>/fs holds the layer, work what overlayfs needs beside it. */
export class OverlayBackend implements Backend {
  readonly name = "overlayfs";
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = join(root, "snapshots");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  #path(id: number, ...rest: string[]): string {
    return join(this.#folder, String(id), ...rest);
  }

  async create(id: number, kind: Kind, parents: readonly number[]): Promise<void> {
    rmSync(this.#path(id), { recursive: true, force: true });
    mkdirSync(this.#path(id), { recursive: true, mode: 0o700 });
    mkdirSync(this.#path(id, "fs"), { mode: 0o755 });
    if (kind === KIND.active) mkdirSync(this.#path(id, "work"), { mode: 0o711 });
    if (parents[0] === undefined) return;
    // The upper folder's owner and mode show through as those of the root of the whole.
    const below = statSync(this.#path(parents[0], "fs"));
    chownSync(this.#path(id, "fs"), below.uid, below.gid);
  }

  mounts(id: number, kind: Kind, parents: readonly number[]): Mount[] {
    const bind = (from: number, access: "ro" | "rw"): Mount[] => [
      { type: "bind", source: this.#path(from, "fs"), target: "", options: [access, "rbind"] },
    ];
    if (parents.length === 0) return bind(id, kind === KIND.view ? "ro" : "rw");
    if (kind === KIND.view && parents.length === 1) return bind(parents[0]!, "ro");
    const lower = `lowerdir=${parents.map((parent) => this.#path(parent, "fs")).join(":")}`;
    const upper =
      kind === KIND.active ? [`workdir=${this.#path(id, "work")}`, `upperdir=${this.#path(id, "fs")}`] : [];
    return [{ type: "overlay", source: "overlay", target: "", options: ["index=off", ...upper, lower] }];
  }

  usage(id: number) {
    return treeUsage(this.#path(id, "fs"));
  }

  async remove(id: number): Promise<void> {
    await removeAside(this.#folder, id);
  }

  folders(): number[] {
    return numberedFolders(this.#folder);
  }
}

/** Renames first: removal of a big tree takes time, and what a crash leaves of it must not look whole. */
export async function removeAside(folder: string, id: number): Promise<void> {
  const aside = join(folder, `rm-${id}`);
  if (existsSync(join(folder, String(id)))) renameSync(join(folder, String(id)), aside);
  await rm(aside, { recursive: true, force: true });
}

/** The numbers that name folders; rests of removals are taken away. */
export function numberedFolders(folder: string): number[] {
  const names = readdirSync(folder);
  for (const name of names)
    if (name.startsWith("rm-")) rmSync(join(folder, name), { recursive: true, force: true });
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}
