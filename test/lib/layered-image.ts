/** An image of three layers that together hold everything that a layer can, as an archive for `docker load`. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layBusyboxRoot } from "../../hack/lib/busybox-image.ts";

export interface LayeredImage {
  id: string;
  /** Bottom first. */
  diffIDs: string[];
}

export interface LayeredOptions {
  /** Default "layered:1". */
  tag?: string;
  /** Changes what is written before it is packed: folder with 0.tar, 1.tar, 2.tar. */
  damage?: (folder: string) => void;
}

/** What each layer does, as a shell script in the layer's folder. */
const LAYERS = [
  `mkdir -p d/old keep; echo 1 > d/old/a; echo 2 > d/b; echo 3 > keep/c; ln -s ../d/b keep/link
   cp bin/busybox bin/setuid; chmod 4755 bin/setuid; chown 12:34 d/b; mknod zero c 1 5; mkfifo pipe
   mkdir -p $(printf 'n%.0s' $(seq 90))/$(printf 'm%.0s' $(seq 90)); echo x > "$(echo n*n)/$(cd n*n; echo m*m)/ümlaut"`,
  `mkdir -p d/old keep new; touch d/.wh.b keep/.wh..wh..opq; echo 4 > keep/fresh
   echo 5 > new/one; ln new/one new/two; ln -s /etc/passwd new/absolute`,
  `mkdir -p etc new; echo changed > etc/motd; touch new/.wh.two .wh.pipe`,
];

function sh(folder: string, script: string): string {
  const child = Bun.spawnSync(["bash", "-ec", script], { cwd: folder });
  if (child.exitCode !== 0) throw new Error(`${script}: ${child.stderr}`);
  return child.stdout.toString();
}

const sha256 = (data: string | Uint8Array) => `sha256:${createHash("sha256").update(data).digest("hex")}`;

/** Writes a docker-archive to `output`. */
export function writeLayeredImage(output: string, options: LayeredOptions = {}): LayeredImage {
  const work = mkdtempSync(join(tmpdir(), "layered-image-"));
  try {
    const diffIDs = LAYERS.map((script, i) => {
      const layer = join(work, `layer${i}`);
      mkdirSync(layer);
      if (i === 0) layBusyboxRoot(layer);
      sh(layer, script);
      sh(work, `tar --format=${i === 1 ? "gnu" : "pax --xattrs"} --sort=name -C layer${i} -cf ${i}.tar .`);
      return sha256(readFileSync(join(work, `${i}.tar`)));
    });
    const config = JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      created: "2020-01-01T00:00:00Z",
      config: { Cmd: ["sh"], Env: ["PATH=/bin"], Labels: { layered: "yes" }, Volumes: { "/data": {} } },
      rootfs: { type: "layers", diff_ids: diffIDs },
      history: diffIDs.map((_, i) => ({ created: "2020-01-01T00:00:00Z", created_by: `layer ${i}` })),
    });
    writeFileSync(join(work, "config.json"), config);
    const [Layers, RepoTags] = [diffIDs.map((_, i) => `${i}.tar`), [options.tag ?? "layered:1"]];
    writeFileSync(join(work, "manifest.json"), JSON.stringify([{ Config: "config.json", RepoTags, Layers }]));
    options.damage?.(work);
    sh(work, `tar -cf '${output}' config.json manifest.json *.tar`);
    return { id: sha256(config), diffIDs };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Lists the files of the layered image as a container shows them; the same for every engine and storage driver. */
export const LISTING = [
  "sh",
  "-c",
  "find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /data -prune -o -print0" +
    " | sort -z | xargs -0 stat -c '%n %F %a %u:%g %N' | grep -v '^/etc/\\(hosts\\|hostname\\|resolv.conf\\|mtab\\)' | grep -v '^/ '",
];
