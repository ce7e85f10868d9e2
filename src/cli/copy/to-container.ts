import { pack } from "../../archive/pack.ts";
import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";
import { readInput } from "../terminal/input.ts";
import { statInContainer } from "./container-stat.ts";
import type { CopyOptions } from "./from-container.ts";
import { localSource } from "./local.ts";
import { absolute, linkTarget, type Place } from "./paths.ts";
import { planCopy, type Target } from "./plan.ts";
import { copyProgress } from "./progress.ts";

/** Copies a path of ours, or for "-" the tar archive on stdin, into a container. */
export async function copyToContainer(
  cli: Cli,
  from: string,
  to: Place,
  options: CopyOptions,
): Promise<void> {
  const target = await containerTarget(cli, to);
  if (from === "-") {
    if (!target.isFolder) throw new Error(`destination "${to.container}:${to.path}" must be a directory`);
    return upload(cli, to.container, target.path, readInput(), options);
  }
  const source = localSource(absolute(from), options.followLink);
  const plan = planCopy(source, target);
  const root = source.path.length > 1 ? source.path.replace(/\/\.?$/, "") || "/" : source.path;
  const progress = copyProgress(cli, "Copying to container - ", options.quiet);
  try {
    await upload(cli, to.container, plan.folder, progress.count(pack(root, { name: plan.name })), options);
  } finally {
    progress.finish(`${to.container}:${target.path}`);
  }
}

/** What the path in the container is; a link's target in its place. What cannot be looked at counts as not there. */
async function containerTarget(cli: Cli, to: Place): Promise<Target> {
  let path = to.path;
  let stat = await statInContainer(cli, to.container, path);
  if (stat?.isLink) {
    path = linkTarget(path, stat.linkTarget);
    stat = await statInContainer(cli, to.container, path);
  }
  if (stat?.isDevice)
    throw new Error(
      `destination "${to.container}:${to.path}" must be a directory or a regular file: got a device`,
    );
  return { path, exists: stat !== undefined, isFolder: stat?.isFolder === true };
}

async function upload(
  cli: Cli,
  container: string,
  path: string,
  stream: AsyncIterable<Uint8Array>,
  options: CopyOptions,
): Promise<void> {
  const query = { path, noOverwriteDirNonDir: "true", copyUIDGID: options.archive ? "true" : undefined };
  await cli.client.call("PUT", containerPath(container, "/archive"), { query, stream });
}
