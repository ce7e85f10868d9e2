/**
 * hack/base-image [OUTPUT]: a Debian base image by mmdebstrap, as a docker-archive (default .build/base-image.tar).
 *
 * The packages come from the host's own apt sources, or from APT_MIRROR; the image keeps that source, and the host's
 * certificates, so that what is built on it downloads from where the host does. BASE_IMAGE names the image (default
 * pequod-base:latest). The same packages give the same image, byte by byte.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { proxySettings } from "./lib/proxies.ts";

const ROOT = resolve(import.meta.dir, "..");
const NAME = process.env["BASE_IMAGE"] || "pequod-base:latest";
const EPOCH = process.env["SOURCE_DATE_EPOCH"] || "1700000000";
const CERTIFICATES = ["/etc/ssl/certs/ca-certificates.crt"];

function run(command: string[], env: Record<string, string> = {}): string {
  const child = Bun.spawnSync(command, {
    env: { ...process.env, ...proxySettings(), ...env },
    stderr: "pipe",
  });
  if (child.exitCode !== 0) {
    const words = child.stderr.toString().trim().split("\n").slice(-8).join("\n");
    throw new Error(`${command.slice(0, 2).join(" ")} ... failed:\n${words}`);
  }
  return child.stdout.toString().trim();
}

const release = (): string =>
  /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";

/** Stanzas of the host's sources that are of its own release, or one of APT_MIRROR. */
function sources(codename: string): string {
  const mirror = process.env["APT_MIRROR"];
  if (mirror) return `deb ${mirror} ${codename} main\n`;
  const folder = "/etc/apt/sources.list.d";
  const stanzas = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".sources"))
        .flatMap((name) => readFileSync(join(folder, name), "utf8").split(/\n\s*\n/))
        .filter((stanza) => new RegExp(`^Suites:.*\\b${codename}`, "m").test(stanza))
    : [];
  const list = "/etc/apt/sources.list";
  const lines = existsSync(list)
    ? readFileSync(list, "utf8")
        .split("\n")
        .filter((line) => /^deb /.test(line) && line.includes(codename))
    : [];
  if (stanzas.length > 0)
    return `${stanzas.map((stanza) => stanza.replace(/^#.*\n/gm, "").trim()).join("\n\n")}\n`;
  if (lines.length > 0) return `${lines.join("\n")}\n`;
  throw new Error(`the host has no apt source for ${codename}: give one by APT_MIRROR=URL`);
}

/** What the host tells apt about the age of its sources holds for the same sources in the image. */
function aptOptions(): string[] {
  return ["Acquire::Check-Valid-Until", "Acquire::Check-Date"].flatMap((option) => {
    const said = run(["apt-config", "dump", option]).includes('"false"');
    return said ? [`--aptopt=${option} "false"`] : [];
  });
}

function bootstrap(work: string): string {
  const codename = release();
  const text = sources(codename);
  const list = join(work, text.startsWith("deb ") ? "mirror.list" : "mirror.sources");
  writeFileSync(list, text);
  const { http_proxy: proxy } = proxySettings();
  console.log(
    `packages of ${codename}${proxy ? ` by the proxy ${proxy}` : ""} from:\n${text.replace(/^/gm, "  ")}`,
  );
  const certificates = [process.env["SSL_CERT_FILE"], ...CERTIFICATES].find(
    (path) => path && existsSync(path),
  );
  const trust = certificates
    ? [
        `--customize-hook=copy-in ${certificates} /tmp`,
        `--customize-hook=mkdir -p "$1/etc/ssl/certs" && mv "$1/tmp/$(basename ${certificates})" "$1/etc/ssl/certs/ca-certificates.crt" && chmod 644 "$1/etc/ssl/certs/ca-certificates.crt"`,
      ]
    : [];
  const layer = join(work, "layer.tar");
  run(
    [
      "mmdebstrap",
      "--variant=minbase",
      "--mode=auto",
      "--include=ca-certificates",
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      "--dpkgopt=path-exclude=/usr/share/man/*",
      "--dpkgopt=path-exclude=/usr/share/locale/*",
      ...aptOptions(),
      ...trust,
      codename,
      layer,
      list,
    ],
    { SOURCE_DATE_EPOCH: EPOCH },
  );
  return layer;
}

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");

function archive(work: string, layer: string, output: string): string {
  const created = new Date(Number(EPOCH) * 1000).toISOString().replace(".000Z", "Z");
  const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    config: { Cmd: ["bash"], Env: [PATH] },
    created,
    history: [{ created, created_by: "mmdebstrap" }],
    os: "linux",
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
  });
  const id = sha256(config);
  writeFileSync(join(work, `${id}.json`), config);
  const manifest = [{ Config: `${id}.json`, RepoTags: [NAME], Layers: ["layer.tar"] }];
  writeFileSync(join(work, "manifest.json"), JSON.stringify(manifest));
  const fixed = ["--sort=name", `--mtime=@${EPOCH}`, "--owner=0", "--group=0", "--numeric-owner"];
  mkdirSync(dirname(output), { recursive: true });
  run(["tar", ...fixed, "-cf", `${output}.partial`, "-C", work, "manifest.json", `${id}.json`, "layer.tar"]);
  renameSync(`${output}.partial`, output);
  return id;
}

const output = resolve(process.argv[2] ?? join(ROOT, ".build/base-image.tar"));
const work = mkdtempSync(join(tmpdir(), "base-image-"));
try {
  const id = archive(work, bootstrap(work), output);
  console.log(`${output}: ${NAME}, sha256:${id}`);
} catch (error) {
  console.error(`base-image: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
