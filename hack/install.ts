/** Copies the programs of bundles/latest into a folder: bun hack/install.ts /usr/bin. Hard links stay hard links. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const prefix = resolve(process.argv[2] ?? "/usr/bin");
const bundle = resolve(import.meta.dir, "../bundles/latest");
mkdirSync(prefix, { recursive: true });

/** By inode of the source: where its copy is. */
const copies = new Map<number, string>();
for (const folder of ["binary-client", "binary-daemon"]) {
  for (const name of readdirSync(join(bundle, folder)).filter((file) => !file.endsWith(".sha256"))) {
    const source = join(bundle, folder, name);
    const partial = join(prefix, `.${name}.${process.pid}`);
    const { ino } = statSync(source);
    const copy = copies.get(ino);
    rmSync(partial, { force: true });
    if (copy) linkSync(copy, partial);
    else copyFileSync(source, partial);
    renameSync(partial, join(prefix, name));
    // Renaming one hard link of a file onto another does nothing and leaves both names.
    rmSync(partial, { force: true });
    copies.set(ino, join(prefix, name));
  }
}
console.log(`installed ${[...copies.values()].length} files under their names into ${prefix}`);
