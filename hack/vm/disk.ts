/** The virtual machine's disk: the root file system with this checkout below /repo. */
import { cpSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { VmRoot } from "./root.ts";
import { must } from "./run.ts";

/** What tests need of a checkout. */
const PARTS = ["package.json", "tsconfig.json", "VERSION", "cmd", "hack", "src", "test", ".build"];
const MODULES = ["bun", "@oven", "yaml"];

/** Writes an ext4 image into `folder` and returns its path. Nothing is mounted for it. */
export function writeDisk(root: VmRoot, checkout: string, folder: string): string {
  const repo = join(root.folder, "repo");
  rmSync(repo, { recursive: true, force: true });
  mkdirSync(join(repo, "node_modules"), { recursive: true });
  for (const part of PARTS) cpSync(join(checkout, part), join(repo, part), { recursive: true });
  for (const name of MODULES)
    must(["cp", "-a", realpathSync(join(checkout, "node_modules", name)), join(repo, "node_modules", name)]);
  const disk = join(folder, "disk.img");
  rmSync(disk, { force: true });
  must([
    "mkfs.ext4",
    "-q",
    "-F",
    "-E",
    "lazy_itable_init=1",
    "-O",
    "^has_journal",
    "-d",
    root.folder,
    disk,
    "3G",
  ]);
  return disk;
}
