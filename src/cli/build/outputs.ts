/** --output: where the result goes, beside the engine's images. Works with every engine. */
import { mkdirSync } from "node:fs";
import { unpack } from "../../archive/unpack.ts";
import { familiarName, parseReference } from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { registryAuth } from "../config/auth.ts";
import { showProgress } from "../progress/show.ts";
import { saveStream } from "../save-stream.ts";

export interface Output {
  type: "local" | "tar" | "docker" | "oci" | "image" | "registry";
  dest: string | undefined;
  name: string | undefined;
  /** type=image: to its registry, too. */
  push: boolean;
}

const TYPES = ["local", "tar", "docker", "oci", "image", "registry"] as const;

/** "type=local,dest=out", "out" (a folder), "-" (a tar on stdout). Errors: plain. */
export function readOutput(text: string): Output {
  if (text === "-") return { type: "tar", dest: "-", name: undefined, push: false };
  if (!text.includes("=")) return { type: "local", dest: text, name: undefined, push: false };
  const fields = new Map(text.split(",").map((field) => field.split("=", 2) as [string, string]));
  const type = TYPES.find((one) => one === fields.get("type"));
  if (!type) throw new Error(`type is required for output: one of ${TYPES.join(", ")}`);
  const dest = fields.get("dest");
  if (type === "local" && dest === undefined) throw new Error("dest is required for local output");
  return { type, dest, name: fields.get("name"), push: fields.get("push") === "true" };
}

/** Brings the image to where the output says. */
export async function writeOutput(cli: Cli, output: Output, image: string, tags: string[]): Promise<void> {
  switch (output.type) {
    case "local":
      return exportFiles(cli, image, async (tar) => {
        mkdirSync(output.dest!, { recursive: true });
        const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
        const filter = ({ type }: { type: string }) => type !== "char" && type !== "block";
        await unpack(tar, output.dest!, { whiteouts: "keep", owner: own, filter });
      });
    case "tar":
      return exportFiles(cli, image, (tar) =>
        saveStream(cli, fileOf(output), "write the output", async () => ({ body: tar })),
      );
    case "docker":
    case "oci":
      if (output.dest === undefined) return undefined;
      return saveStream(cli, fileOf(output), "save image", () =>
        cli.client.stream("GET", "/images/get", { query: { names: tags.length > 0 ? tags : [image] } }),
      );
    case "image":
    case "registry":
      if (output.type === "registry" || output.push) for (const tag of tags) await push(cli, tag);
  }
}

/** undefined for stdout. */
const fileOf = ({ dest }: Output) => (dest === "-" ? undefined : dest);

async function push(cli: Cli, tag: string): Promise<void> {
  const reference = parseReference(tag);
  const response = await cli.client.stream("POST", `/images/${familiarName(reference)}/push`, {
    query: { tag: reference.tag ?? "latest" },
    headers: { "X-Registry-Auth": await registryAuth(cli, reference.domain) },
  });
  await showProgress(cli, response);
}

/** The files of an image, by way of a container that never runs; what only containers have is left out. */
async function exportFiles(
  cli: Cli,
  image: string,
  use: (tar: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const { madePaths, withoutPaths } = await import("./made-paths.ts");
  const saved = await cli.client.stream("GET", "/images/get", { query: { names: image } });
  const made = await madePaths(saved.body);
  const created = await cli.client.json<{ Id: string }>("POST", "/containers/create", {
    json: { Image: image, Cmd: ["none"], Entrypoint: ["/none"] },
  });
  try {
    const response = await cli.client.stream("GET", `/containers/${created.Id}/export`);
    await use(withoutPaths(response.body, made));
  } finally {
    await cli.client.call("DELETE", `/containers/${created.Id}`, { query: { force: true, v: true } });
  }
}
