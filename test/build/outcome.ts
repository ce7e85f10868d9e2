/** What a build came to, in a form in which two engines' outcomes can be compared. */
import { createHash } from "node:crypto";
import { TarReader } from "../../src/archive/tar/reader.ts";
import type { Result } from "../lib/engine.ts";

type Docker = (...args: string[]) => Promise<Result>;

export interface Outcome {
  code: number;
  output: string[];
  image: unknown;
  layers: string[][];
}

/** Ids, times and counts of bytes differ from run to run. */
export function normalOutput(text: string): string[] {
  return text
    .replaceAll(/\x1b\[\d+m/g, "")
    .replaceAll(/\b[0-9a-f]{12}\b|sha256:[0-9a-f]{64}/g, "ID")
    .split("\n")
    .map((line) => line.replace(/\r/g, "").trimEnd())
    .filter(
      (line) =>
        line !== "" &&
        !/^Sending build context|^DEPRECATED|BuildKit|environment-variable|Install the buildx|docs.docker.com/.test(
          line,
        ),
    )
    .map((line) => line.replace(/\/\S*\/merged\//, "/"));
}

interface Manifest {
  Config: string;
  Layers: string[];
}

/** Configuration, history and content of an image, as `docker save` gives it. */
export async function imageOutcome(
  docker: Docker,
  save: () => AsyncIterable<Uint8Array>,
  tag: string,
  ignore?: RegExp,
): Promise<Pick<Outcome, "image" | "layers">> {
  const present = await docker("image", "inspect", tag);
  if (present.code !== 0) return { image: undefined, layers: [] };
  const files = await readAll(save());
  const [manifest] = JSON.parse(files.get("manifest.json")!.toString()) as Manifest[];
  const config = JSON.parse(files.get(manifest!.Config)!.toString()) as Record<string, unknown>;
  const base = await Promise.all(
    manifest!.Layers.slice(-4).map((layer) => layerOutcome(files.get(layer)!, ignore)),
  );
  return { image: normalConfig(config), layers: base };
}

async function readAll(tar: AsyncIterable<Uint8Array>): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const links = new Map<string, string>();
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.body()) chunks.push(Buffer.from(chunk));
    files.set(header.name, Buffer.concat(chunks));
    if (header.type === "symlink") links.set(header.name, header.linkname);
  }
  for (const [name, target] of links) {
    const path = target.startsWith("../") ? target.slice(3) : target;
    files.set(name, files.get(path)!);
  }
  return files;
}

function normalConfig(config: Record<string, unknown>): unknown {
  const { created: _, container, docker_version: __, rootfs: ___, container_config, ...rest } = config;
  const plain = (one: unknown) => {
    const { Hostname, Image, ...fields } = (one ?? {}) as Record<string, unknown>;
    return { ...fields, Hostname: Hostname ? "some" : "", Image: Image ? "some" : "" };
  };
  const history = (rest["history"] as Record<string, unknown>[]).map(({ created: ____, ...entry }) => entry);
  return {
    ...rest,
    container: container ? "some" : undefined,
    config: plain(config["config"]),
    container_config: plain(container_config),
    history,
  };
}

/** One line an entry; times only if they are not from just now. */
async function layerOutcome(tar: Buffer, ignore: RegExp | undefined): Promise<string[]> {
  const lines: string[] = [];
  const reader = new TarReader(
    (async function* () {
      yield tar;
    })(),
  );
  for (let header = await reader.next(); header; header = await reader.next()) {
    const hash = createHash("sha256");
    for await (const chunk of reader.body()) hash.update(chunk);
    if (header.name.split("/").at(-1)!.startsWith(".wh.")) {
      lines.push(header.name);
      continue;
    }
    const { name, type, mode, uid, gid, size, linkname, devmajor, devminor } = header;
    const time =
      Date.now() / 1000 - header.mtime > 3600 * 24 ? new Date(header.mtime * 1000).toISOString() : "now";
    const counts = type === "file" && !ignore?.test(name);
    const content = counts ? hash.digest("hex").slice(0, 12) : "";
    const bytes = counts ? size : "";
    lines.push(
      [name, type, mode.toString(8), uid, gid, bytes, linkname, devmajor, devminor, time, content].join(" "),
    );
  }
  return lines.sort();
}
