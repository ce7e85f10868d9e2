/** A docker-archive with one layer of files that do not compress. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RANDOM_BLOCK = 65536;

function randomBytes(size: number): Uint8Array {
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at += RANDOM_BLOCK)
    crypto.getRandomValues(data.subarray(at, at + RANDOM_BLOCK));
  return data;
}

function tar(...args: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["tar", ...args]);
  if (exitCode !== 0) throw new Error(`tar ${args.join(" ")}: ${stderr}`);
}

/** Writes `large:latest` with a layer of `megabytes` files of 1 MiB; returns the archive's path. */
export function writeLargeImage(folder: string, megabytes: number): string {
  const work = mkdtempSync(join(folder, "large-"));
  mkdirSync(join(work, "root"));
  for (let i = 0; i < megabytes; i++) writeFileSync(join(work, "root", `file-${i}`), randomBytes(1 << 20));
  tar("-cf", join(work, "layer.tar"), "-C", join(work, "root"), ".");
  const diffID = new Bun.CryptoHasher("sha256").update(readFileSync(join(work, "layer.tar"))).digest("hex");
  const rootfs = { type: "layers", diff_ids: [`sha256:${diffID}`] };
  writeFileSync(
    join(work, "config.json"),
    JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs }),
  );
  const manifest = [{ Config: "config.json", RepoTags: ["large:latest"], Layers: ["layer.tar"] }];
  writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "large.tar");
  tar("-cf", archive, "-C", work, "config.json", "layer.tar", "manifest.json");
  rmSync(work, { recursive: true });
  return archive;
}
