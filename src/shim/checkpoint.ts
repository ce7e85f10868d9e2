import { CheckpointOptions, type Options } from "../proto/containerd/runc/v1/options.ts";

/** The runtime's arguments for a checkpoint into `path`, or where the client's options say. */
export function checkpointArguments(path: string, bundle: string, encoded: Uint8Array | undefined): string[] {
  const options = CheckpointOptions.decode(encoded ?? new Uint8Array(0));
  const args = [
    "--image-path",
    options.imagePath || path,
    "--work-path",
    options.workPath || `${bundle}/work`,
  ];
  if (!options.exit) args.push("--leave-running");
  if (options.openTcp) args.push("--tcp-established");
  if (options.externalUnixSockets) args.push("--ext-unix-sk");
  if (options.terminal) args.push("--shell-job");
  if (options.fileLocks) args.push("--file-locks");
  for (const namespace of options.emptyNamespaces) args.push("--empty-ns", namespace);
  if (options.cgroupsMode !== "") args.push("--manage-cgroups-mode", options.cgroupsMode);
  return args;
}

/** The runtime's arguments, up to the container's id, for a restore from the images of a checkpoint. */
export function restoreArguments(
  images: string,
  bundle: string,
  pidFile: string,
  consoleSocket: string | undefined,
  options: Pick<Options, "noPivotRoot" | "criuWorkPath">,
): string[] {
  return [
    ...["restore", "--detach", "--no-subreaper", "--bundle", bundle, "--pid-file", pidFile],
    ...["--image-path", images, "--work-path", options.criuWorkPath || `${bundle}/work`],
    ...(consoleSocket === undefined ? [] : ["--console-socket", consoleSocket]),
    ...(options.noPivotRoot ? ["--no-pivot"] : []),
  ];
}
