/** A small initramfs: loads the disk's driver, mounts the disk and starts its init. Debian's own takes far longer. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { VmRoot } from "./root.ts";
import { must } from "./run.ts";

const DRIVERS = ["virtio_pci", "virtio_blk"];

const INIT = (modules: string[]) => `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in ${modules.join(" ")}; do /bin/busybox insmod /$module; done
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 /dev/vda /root
exec /bin/busybox switch_root /root /sbin/init
`;

/** The files of a driver and of what it depends on, in the order to load them in. */
function moduleFiles(modules: string): string[] {
  const dependencies = new Map<string, string[]>();
  for (const line of readFileSync(join(modules, "modules.dep"), "utf8").split("\n")) {
    const [file, needs] = line.split(":");
    if (file && needs !== undefined) dependencies.set(file, needs.split(" ").filter(Boolean));
  }
  const ordered: string[] = [];
  for (const driver of DRIVERS) {
    const file = [...dependencies.keys()].find((path) => basename(path, ".ko") === driver);
    if (!file) throw new Error(`the kernel in ${modules} has no module ${driver}`);
    // modules.dep names the last needed first.
    for (const path of [...dependencies.get(file)!.reverse(), file])
      if (!ordered.includes(path)) ordered.push(path);
  }
  return ordered;
}

/** Writes the initramfs into `folder` and returns its path. */
export function writeInitramfs(root: VmRoot, folder: string): string {
  const tree = join(folder, "initramfs");
  rmSync(tree, { recursive: true, force: true });
  for (const name of ["bin", "dev", "root"]) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(join(root.folder, "bin/busybox"), join(tree, "bin/busybox"));
  chmodSync(join(tree, "bin/busybox"), 0o755);
  const files = moduleFiles(root.modules);
  for (const file of files) copyFileSync(join(root.modules, file), join(tree, basename(file)));
  writeFileSync(join(tree, "init"), INIT(files.map((file) => basename(file))), { mode: 0o755 });
  const output = join(folder, "initramfs.cpio");
  must(["/bin/sh", "-c", `find . | cpio --quiet -o -H newc > ${JSON.stringify(output)}`], tree);
  return output;
}
