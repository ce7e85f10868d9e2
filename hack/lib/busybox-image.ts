/** An image that needs no registry: Debian's static busybox with its applets, as an archive for `docker load`. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUSYBOX = ["/bin/busybox", "/usr/bin/busybox"];
const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
const GROUP = "root:x:0:\ndaemon:x:1:\naudio:x:29:daemon\nnogroup:x:65534:\n";

export interface ImageOptions {
  /** Default "busybox:latest". */
  tag?: string;
  /** Fields of the image's config, over { Cmd: ["sh"], Env: [PATH] }. */
  config?: Record<string, unknown>;
  /** Further files: path in the image → content. */
  files?: Record<string, string>;
}

function run(command: string[]): string {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
}

/** Lays the root file system out in `root`; a bundle for an OCI runtime can use it as well. */
export function layBusyboxRoot(root: string, files: Record<string, string> = {}): void {
  const busybox = BUSYBOX.find((path) => existsSync(path));
  if (!busybox) throw new Error("busybox is not installed: apt-get install busybox-static");
  for (const folder of ["bin", "etc", "root", "home", "tmp", "var", "usr/bin", "dev", "proc", "sys"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(join(root, "tmp"), 0o1777);
  copyFileSync(busybox, join(root, "bin/busybox"));
  for (const applet of run([busybox, "--list"]).trim().split("\n")) {
    const link = join(root, "bin", applet);
    if (applet !== "busybox" && !existsSync(link)) symlinkSync("busybox", link);
  }
  for (const [path, content] of Object.entries({ "etc/passwd": PASSWD, "etc/group": GROUP, ...files })) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Writes a docker-archive to `output`; the same options give the same image id. */
export function writeBusyboxImage(output: string, options: ImageOptions = {}): void {
  const { tag = "busybox:latest", config = {}, files = {} } = options;
  const work = mkdtempSync(join(tmpdir(), "busybox-image-"));
  try {
    layBusyboxRoot(join(work, "root"), files);
    const fixed = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    run(["tar", ...fixed, "-cf", join(work, "layer.tar"), "-C", join(work, "root"), "."]);
    const diffID = sha256(readFileSync(join(work, "layer.tar")));
    const image = JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: {
        Cmd: ["sh"],
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        ...config,
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${diffID}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "busybox-static" }],
    });
    const configName = `${sha256(image)}.json`;
    writeFileSync(join(work, configName), image);
    writeFileSync(
      join(work, "manifest.json"),
      JSON.stringify([{ Config: configName, RepoTags: [tag], Layers: ["layer.tar"] }]),
    );
    run(["tar", ...fixed, "-cf", output, "-C", work, configName, "layer.tar", "manifest.json"]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
