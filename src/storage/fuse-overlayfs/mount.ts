import { mkdirSync, readFileSync } from "node:fs";
import { failedPrecondition, systemError } from "../../errors/errors.ts";
import type { Layout } from "../overlay2/layout.ts";
import { type Mounter, unmountLayer } from "../overlay2/mount.ts";

const PROGRAM = "fuse-overlayfs";

/** Overlays by the program fuse-overlayfs: a process for each mount, which ends with it and outlives this daemon. */
export const fuseOverlay: Mounter = {
  async mount(layout: Layout, id: string): Promise<void> {
    const merged = layout.merged(id);
    mkdirSync(merged, { recursive: true, mode: 0o700 });
    const lower = layout.lower(id).join(":");
    const options = `lowerdir=${lower},upperdir=${id}/diff,workdir=${id}/work`;
    // Relative names, because it has the kernel's limit on the length of options.
    const child = Bun.spawn([PROGRAM, "-o", options, merged], {
      cwd: layout.root,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const said = new Response(child.stderr).text();
    if ((await child.exited) !== 0)
      throw systemError(`error creating fuse-overlayfs mount to ${merged}: ${(await said).trim()}`);
  },
  unmount: unmountLayer,
};

/** Errors: failedPrecondition, with the cause, when it cannot work here. */
export function probeFuseOverlay(): void {
  if (Bun.which(PROGRAM) === null)
    throw failedPrecondition(
      "the program fuse-overlayfs is not in PATH: install it (apt-get install fuse-overlayfs)",
    );
  if (!readFileSync("/proc/filesystems", "utf8").includes("\tfuse\n"))
    throw failedPrecondition("the kernel has no fuse: load its module with `modprobe fuse`");
}
