import { chmodSync, chownSync, readdirSync, statSync } from "node:fs";
import { errnoOf, systemError } from "../../../errors/errors.ts";
import { closeFd } from "../../../linux/fd.ts";
import { O_DIRECTORY, O_PATH, openInRoot, openRoot } from "../../../linux/openat2.ts";

/** The image has nothing there, or a file. */
const NOT_A_FOLDER = ["ENOENT", "ENOTDIR", "ELOOP"];

/** Whether the image has a folder there. */
export async function hasFolder(root: string, path: string): Promise<boolean> {
  try {
    await withFolder(root, path, async () => {});
    return true;
  } catch (error) {
    if (NOT_A_FOLDER.includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}

/** Copies the content of a folder of the image, with owners, modes and links, into a volume that is empty. */
export async function copyUp(root: string, path: string, volume: string): Promise<void> {
  if (readdirSync(volume).length > 0) return;
  try {
    await withFolder(root, path, async (source) => {
      const { mode, uid, gid } = statSync(source);
      chownSync(volume, uid, gid);
      chmodSync(volume, mode & 0o7777);
      if (readdirSync(source).length > 0) await copyTree(source, volume);
    });
  } catch (error) {
    if (!NOT_A_FOLDER.includes(errnoOf(error) ?? "")) throw error;
  }
}

/** Like withInRoot(), with the descriptor open until the work is done. */
async function withFolder(root: string, path: string, use: (source: string) => Promise<void>): Promise<void> {
  const rootFd = openRoot(root);
  let fd: number | undefined;
  try {
    fd = openInRoot(rootFd, path, O_PATH | O_DIRECTORY);
    await use(`/proc/${process.pid}/fd/${fd}`);
  } finally {
    if (fd !== undefined) closeFd(fd);
    closeFd(rootFd);
  }
}

/** cp -a: it does not follow links below the source, and keeps what node's own copy does not (owners, devices, xattrs). */
async function copyTree(source: string, target: string): Promise<void> {
  const child = Bun.spawn(["cp", "-a", "--", `${source}/.`, target], { stdout: "ignore", stderr: "pipe" });
  const text = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw systemError(`filling volume from the image failed: ${text.trim()}`);
}
