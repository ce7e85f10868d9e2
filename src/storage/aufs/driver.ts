import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Whiteouts } from "../../archive/unpack.ts";
import { exists, failedPrecondition, invalidArgument, notFound } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { removeTree } from "../../files/remove-tree.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { MNT, MS, mount, unmount } from "../../linux/mount.ts";
import type { CreateLayerOptions } from "../driver.ts";
import { backingFileSystem } from "../filesystem.ts";
import { checkLayerID, isLayerID } from "../layer-id.ts";
import { MountedDriver } from "../mounted/driver.ts";

/** mount(2) of aufs on a folder; `flags` are those of the kernel. */
export type AufsMount = (target: string, flags: number, data: string) => void;

/** What the kernel takes as options of one mount, bytes. */
const PAGE = 4096;
/** Where aufs keeps its table of inode numbers: not in a branch. */
const XINO = "xino=/dev/shm/aufs.xino";

/** Has the kernel mount. */
export const kernelAufs: AufsMount = (target, flags, data) => mount("none", target, "aufs", flags, data);

/** File systems that aufs cannot have a branch on. */
const UNFIT = ["btrfs", "aufs", "overlayfs", "zfs"];

/**
 * Whether aufs checks permissions of the topmost branch alone (dirperm1), by a mount on trial. `dataRoot` is where layers
 * will be. Errors: failedPrecondition.
 */
export function probeAufs(dataRoot: string, mountAufs: AufsMount = kernelAufs): { dirperm1: boolean } {
  const on = backingFileSystem(dataRoot);
  if (UNFIT.includes(on))
    throw failedPrecondition(
      `backing file system is unsupported for this graph driver: aufs cannot be on ${on}: put --data-root on ext4 or xfs, or choose another --storage-driver`,
    );
  const folder = mkdtempSync(join(tmpdir(), "docker-aufs-"));
  const [base, target] = [join(folder, "base"), join(folder, "union")];
  for (const path of [base, target]) mkdirSync(path);
  try {
    mountAufs(target, 0, `br:${base},dirperm1,xino=/dev/shm/aufs.xino`);
    unmount(target, MNT.DETACH);
    return { dirperm1: true };
  } catch {
    return { dirperm1: false };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Layers as folders with .wh. files, one mounted over the other; as moby's, <root>/diff/<id> is what a layer holds,
 * <root>/layers/<id> names those below it, nearest first, and <root>/mnt/<id> is where it is mounted.
 */
export class Aufs extends MountedDriver {
  readonly name = "aufs";
  readonly #root: string;
  readonly #mount: AufsMount;
  readonly #dirperm1: boolean;

  /** `root` is <data-root>/aufs. */
  constructor(root: string, dirperm1: boolean, mountAufs: AufsMount, ids?: IDMap) {
    super(join(root, "mnt"), ids);
    this.#root = root;
    this.#dirperm1 = dirperm1;
    this.#mount = mountAufs;
    const { gid } = hostRoot(ids);
    for (const folder of [root, ...["mnt", "diff", "layers"].map((name) => join(root, name))]) {
      mkdirSync(folder, { recursive: true, mode: 0o710 });
      chownSync(folder, 0, gid);
    }
  }

  status(): [string, string][] {
    return [
      ["Root Dir", this.#root],
      ["Backing Filesystem", backingFileSystem(this.#root)],
      ["Dirs", String(readdirSync(join(this.#root, "layers")).length)],
      ["Dirperm1 Supported", String(this.#dirperm1)],
    ];
  }

  protected override ownFiles(id: string): string {
    return join(this.#root, "diff", checkLayerID(id));
  }

  override diffTarget(id: string): { folder: string; whiteouts: Whiteouts } {
    return { folder: this.ownFiles(id), whiteouts: "keep" };
  }

  /** The list of those below a layer, which a layer without it is not. */
  #list(id: string): string {
    return join(this.#root, "layers", checkLayerID(id));
  }

  /** Ids of the layers below, nearest first. */
  #below(id: string): string[] {
    if (!existsSync(this.#list(id))) throw notFound(`storage layer ${id}: not found in ${this.#root}`);
    return readFileSync(this.#list(id), "utf8").split("\n").filter(isLayerID);
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    if (Object.keys(options.storageOpt ?? {}).length > 0)
      throw invalidArgument("--storage-opt is not supported for aufs");
    if (await this.exists(id)) throw exists(`storage layer ${id} exists already`);
    const below = parent === undefined ? [] : [parent, ...this.#below(parent)];
    mkdirSync(this.ownFiles(id), { recursive: true, mode: 0o755 });
    const { uid, gid } = hostRoot(this.ids);
    chownSync(this.ownFiles(id), uid, gid);
    // Last: without it there is no such layer.
    writeAtomic(this.#list(id), below.map((one) => `${one}\n`).join(""), { durability: "crash" });
  }

  async exists(id: string): Promise<boolean> {
    return existsSync(this.#list(id));
  }

  async list(): Promise<string[]> {
    return readdirSync(join(this.#root, "layers")).filter((name) => !name.includes(".tmp-"));
  }

  async metadata(): Promise<Record<string, string>> {
    return {};
  }

  /** The bottom layer is its own folder, and needs no mount. */
  override async mount(id: string): Promise<string> {
    return this.#below(id).length === 0 ? this.ownFiles(id) : super.mount(id);
  }

  protected mountOn(id: string, target: string): void {
    const branches = this.#below(id).map((one) => `:${this.ownFiles(one)}=ro+wh`);
    const options = `,dio,${XINO}${this.#dirperm1 ? ",dirperm1" : ""}`;
    let data = `br:${this.ownFiles(id)}=rw`;
    let at = 0;
    while (at < branches.length && data.length + branches[at]!.length + options.length < PAGE)
      data += branches[at++]!;
    this.#mount(target, 0, data + options);
    // What did not fit, one by one below the rest.
    for (const branch of branches.slice(at)) this.#mount(target, MS.REMOUNT, `append${branch}`);
  }

  protected async destroy(id: string): Promise<void> {
    const hidden = `${this.ownFiles(id)}-removing`;
    if (existsSync(this.ownFiles(id))) renameSync(this.ownFiles(id), hidden);
    rmSync(this.#list(id), { force: true });
    await removeTree(hidden);
  }
}
