import { lstatSync } from "node:fs";
import { join } from "node:path";
import { unpack } from "../../archive/unpack.ts";
import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";
import { writeAll } from "../terminal/output.ts";
import { statFrom, statInContainer } from "./container-stat.ts";
import { checkOutputPath, localTarget } from "./local.ts";
import { absolute, linkTarget, type Place, rebase, splitEntry } from "./paths.ts";
import { planCopy } from "./plan.ts";
import { copyProgress } from "./progress.ts";
import { renameRoot } from "./rename-root.ts";

export interface CopyOptions {
  /** Follow a link that the source path ends in. */
  followLink: boolean;
  /** Keep user and group ids. */
  archive: boolean;
  quiet: boolean;
}

/** Copies out of a container, to a path of ours or, for "-", to stdout as a tar archive. */
export async function copyFromContainer(
  cli: Cli,
  from: Place,
  to: string,
  options: CopyOptions,
): Promise<void> {
  const target = to === "-" ? to : absolute(to);
  checkOutputPath(target);
  const { path, name } = options.followLink ? await followed(cli, from) : { path: from.path, name: "" };
  const response = await cli.client.stream("GET", containerPath(from.container, "/archive"), {
    query: { path },
  });
  if (to === "-") {
    for await (const chunk of response.body) await writeAll(1, chunk);
    return;
  }
  const source = { path, isFolder: statFrom(response.headers).isFolder, rebaseName: name };
  const progress = copyProgress(cli, "Copying from container - ", options.quiet);
  try {
    const plan = planCopy(source, localTarget(target));
    const root = splitEntry(path).base;
    const tar = progress.count(response.body);
    await unpackInto(plan.folder, root === plan.name ? tar : renameRoot(tar, root, plan.name));
  } finally {
    progress.finish(target);
  }
}

async function followed(cli: Cli, from: Place): Promise<{ path: string; name: string }> {
  const stat = await statInContainer(cli, from.container, from.path);
  if (!stat?.isLink) return { path: from.path, name: "" };
  return rebase(from.path, linkTarget(from.path, stat.linkTarget));
}

/** Everything belongs to us afterwards; a folder does not take the place of a file, nor a file that of a folder. */
async function unpackInto(folder: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
  const owner = { uid: process.geteuid!(), gid: process.getegid!() };
  await unpack(tar, folder, {
    whiteouts: "keep",
    owner,
    filter({ name, type }) {
      const there = lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (!there) return true;
      if (there.isDirectory() && type !== "directory")
        throw new Error(`cannot overwrite directory "${join(folder, name)}" with non-directory "${folder}"`);
      if (!there.isDirectory() && type === "directory")
        throw new Error(`cannot overwrite non-directory "${join(folder, name)}" with directory "${folder}"`);
      return true;
    },
  });
}
