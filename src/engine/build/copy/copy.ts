import { posix } from "node:path";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { IgnoreRules } from "../../../dockerfile/ignore.ts";
import { EngineError, kindOf, messageOf } from "../../../errors/errors.ts";
import { joinPath, type SourceTree, type TreeEntry } from "../tree/tree.ts";
import { openArchive } from "./archive.ts";
import { modeChanger } from "./mode.ts";
import type { LayerPlan, Owner } from "./plan.ts";
import { type CopySource, keptParents, nameOf } from "./sources.ts";

export interface CopyTarget {
  plan: LayerPlan;
  /** Absolute; a slash at its end makes it a folder. */
  destination: string;
  /** Of everything; undefined keeps what the source says. */
  owner: Owner | undefined;
  /** --chmod */
  mode: string | undefined;
  parents: boolean;
  exclude: readonly string[];
  unpack: boolean;
  /** Where archives are spooled. */
  temporary: string;
  signal: AbortSignal;
  /** Told of what must be kept open until the layer has been written. */
  keep(tree: { close(): void }): void;
}

const ROOT: Owner = { uid: 0, gid: 0 };

/** Plans the copy of one source. Errors: in stock's words. */
export async function planCopy(source: CopySource, target: CopyTarget): Promise<void> {
  try {
    if (source.entry.header.type === "directory") return copyFolder(source, target);
    if (target.unpack && source.mayUnpack && (await unpackArchive(source, target))) return;
    copyFile(source, target);
  } catch (error) {
    throw new EngineError(kindOf(error), `failed to copy files: ${messageOf(error)}`, { cause: error });
  }
}

function copyFolder({ tree, entry, path }: CopySource, target: CopyTarget): void {
  const { plan } = target;
  const kept = target.parents
    ? posix.normalize(joinPath(keptParents(path), nameOf({ path } as CopySource)))
    : "";
  const destination = plan.resolve(posix.join(target.destination, kept === "." ? "" : kept));
  const change = modeChanger(target.mode);
  const made = folderMode(target);
  const existed = plan.at(destination)?.type === "directory";
  try {
    plan.folder(destination, ROOT, made);
  } catch (cause) {
    throw new Error(`failed to copy directory: ${messageOf(cause)}`, { cause });
  }
  if (!existed && destination !== "") {
    const owner = target.owner ?? ROOT;
    plan.put(destination, { ...plan.at(destination)!, ...owner });
  }
  const changed = (header: TarHeader): TarHeader => ({
    ...header,
    ...target.owner,
    mode: change(chowned(header, target.owner)),
  });
  if (target.exclude.length === 0 && plan.graft(destination, { tree, folder: entry, change: changed }))
    return;
  const rules = target.exclude.length > 0 ? new IgnoreRules(target.exclude) : undefined;
  const copyBelow = (folder: TreeEntry, into: string, relative: string): void => {
    for (const child of tree.children(folder)) {
      const name = child.path.slice(child.path.lastIndexOf("/") + 1);
      const at = joinPath(relative, name);
      if (rules?.ignores(at) && !rules.hasExceptions) continue;
      const ignored = rules?.ignores(at) ?? false;
      const path = joinPath(into, name);
      if (!ignored) {
        plan.put(path, changed(child.header), { tree, entry: child });
      }
      if (child.header.type === "directory") copyBelow(child, path, at);
    }
  };
  copyBelow(entry, destination, "");
}

function copyFile(source: CopySource, target: CopyTarget): void {
  const { plan, owner } = target;
  const name = nameOf(source);
  if (target.exclude.length > 0 && new IgnoreRules(target.exclude).ignores(name)) return;
  const base = target.parents
    ? posix.join(target.destination, keptParents(source.path), "/")
    : target.destination;
  const asFolder = base.endsWith("/") || plan.isFolder(base);
  const folder = plan.resolve(asFolder ? base : posix.dirname(base));
  const file = asFolder ? name : posix.basename(base);
  const made = folderMode(target);
  try {
    plan.folder(folder, owner ?? ROOT, made);
  } catch (cause) {
    throw new Error(`failed to create new directory: ${messageOf(cause)}`, { cause });
  }
  const resolved = plan.resolve(joinPath(folder, file));
  const path = plan.at(resolved)?.type === "directory" ? joinPath(folder, file) : resolved;
  if (plan.at(path)?.type === "directory")
    throw new Error(`failed to copy file: cannot overwrite directory "/${path}" with non-directory`);
  const { entry, tree } = source;
  const mode = modeChanger(target.mode)(chowned(entry.header, owner));
  const header = { ...entry.header, ...owner, mode };
  plan.put(path, header, { tree, entry: { path: entry.path, header: entry.header, inode: undefined } });
}

/** As in BuildKit, --chmod is for the folders that are made on the way, too. */
const folderMode = ({ mode }: CopyTarget): number =>
  modeChanger(mode)({ type: "directory", mode: 0o755 } as TarHeader);

/** A change of owner takes the setuid bit away, and the setgid bit of what a group may run, as chown(2) does. */
function chowned(header: TarHeader, owner: Owner | undefined): TarHeader {
  if (!owner || header.type !== "file") return header;
  const lost = 0o4000 | (header.mode & 0o010 ? 0o2000 : 0);
  return { ...header, mode: header.mode & ~lost };
}

/** False if it is no archive. Owners and modes stay as the archive says. */
async function unpackArchive(source: CopySource, target: CopyTarget): Promise<boolean> {
  const { tree, entry } = source;
  const archive = await openArchive(() => tree.read(entry), target.temporary, target.signal);
  if (!archive) return false;
  target.keep(archive);
  const root = archive.find("", true)!;
  const { owner: _, ...rest } = target;
  copyFolder(
    { tree: archive as SourceTree, entry: root, path: "", hash: "", mayUnpack: false },
    { ...rest, owner: undefined, mode: undefined, parents: false },
  );
  return true;
}
