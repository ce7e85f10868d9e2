/** An archive of an image with many layers of real files (this machine's /usr), for pulls and loads as they are in life. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SOURCES = ["/usr/share", "/usr/lib", "/usr/bin"];

/** Files of this machine, shuffled always in the same way, until they have so many bytes. */
function chooseFiles(bytes: number): string[] {
  const all: [string, number][] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) all.push([path, statSync(path).size]);
    }
  };
  for (const source of SOURCES) walk(source);
  const chosen: string[] = [];
  let total = 0;
  for (let i = 0; total < bytes && chosen.length < all.length; i++) {
    const [path, size] = all[(i * 7919) % all.length]!;
    if (size > bytes / 4) continue;
    chosen.push(path);
    total += size;
  }
  return [...new Set(chosen)];
}

function run(folder: string, ...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: folder });
  if (exitCode !== 0) throw new Error(`${command[0]}: ${stderr}`);
}

/** Writes real:latest with `layers` layers, `megabytes` in all; returns the archive's path. */
export function writeRealImage(folder: string, layers: number, megabytes: number): string {
  const work = mkdtempSync(join(folder, "real-"));
  const files = chooseFiles(megabytes * 1e6);
  const each = Math.ceil(files.length / layers);
  const names: string[] = [];
  const diff_ids: string[] = [];
  for (let i = 0; i < layers; i++) {
    const list = join(work, "list");
    writeFileSync(list, files.slice(i * each, (i + 1) * each).join("\0"));
    run(work, "tar", "--null", "-cPf", `${i}.tar`, `--transform=s,^/,layer${i}/,`, "-T", list);
    names.push(`${i}.tar`);
    diff_ids.push(
      `sha256:${new Bun.CryptoHasher("sha256").update(readFileSync(join(work, `${i}.tar`))).digest("hex")}`,
    );
  }
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { Cmd: ["sh"] },
    rootfs: { type: "layers", diff_ids },
  };
  writeFileSync(join(work, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: ["real:latest"], Layers: names }];
  writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "real.tar");
  run(work, "tar", "-cf", archive, "config.json", ...names, "manifest.json");
  rmSync(work, { recursive: true });
  mkdirSync(folder, { recursive: true });
  return archive;
}
