/** The context that all Dockerfiles of the corpus are built with, the same at every run. */
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** 2020-01-01, seconds since 1970: of all that the context has. */
export const TIME = 1577836800;

const FILES: Record<string, string> = {
  a: "content of a\n",
  "b.txt": "content of b\n",
  "c.txt": "",
  "with space": "spaces\n",
  "not.gz": "not packed at all\n",
  "dir/one": "1\n",
  "dir/two.txt": "2\n",
  "dir/sub/three": "3\n",
  "dir/sub/deep/four": "4\n",
  "modes/setuid": "setuid\n",
  "modes/private": "private\n",
  "modes/exec": "#!/bin/sh\n",
  "ignored/x": "x\n",
  "ignored/kept": "kept\n",
  ".dockerignore": "ignored\n!ignored/kept\n*.log\n**/*.tmp\n",
  "some.log": "log\n",
  "dir/some.tmp": "tmp\n",
};
const MODES: Record<string, number> = {
  "modes/setuid": 0o4755,
  "modes/private": 0o600,
  "modes/exec": 0o755,
  "dir/sub": 0o700,
};
const LINKS: Record<string, string> = {
  link: "a",
  linkdir: "dir",
  "dir/rel": "sub/three",
  "dir/broken": "nowhere",
};

export function writeContext(folder: string): void {
  for (const [path, content] of Object.entries(FILES)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  for (const [path, target] of Object.entries(LINKS)) symlinkSync(target, join(folder, path));
  for (const [path, mode] of Object.entries(MODES)) chmodSync(join(folder, path), mode);
  const fixed = ["--sort=name", `--mtime=@${TIME}`, "--owner=3", "--group=4", "--numeric-owner"];
  const packers = { "": "", ".gz": "-z", ".bz2": "-j", ".xz": "-J" };
  for (const [suffix, flag] of Object.entries(packers)) {
    const output = join(folder, `t.tar${suffix}`);
    const made = Bun.spawnSync([
      "tar",
      ...fixed,
      "-cf",
      output,
      ...(flag ? [flag] : []),
      "-C",
      folder,
      "a",
      "dir",
    ]);
    if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  }
  const all = [
    ...new Bun.Glob("**/*").scanSync({ cwd: folder, onlyFiles: false, dot: true, followSymlinks: false }),
  ];
  for (const path of all.filter((one) => !(one in LINKS))) utimesSync(join(folder, path), TIME, TIME);
}
