/** A volume plugin for tests: keeps each volume in a folder, and what it was asked. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

export interface VolumePlugin {
  name: string;
  /** "Create vol", "Mount vol", ... in order. */
  calls: string[];
  stop(): void;
}

export async function startVolumePlugin(folder: string): Promise<VolumePlugin> {
  const name = `pequod-volumes-${process.pid}`;
  const socket = `/run/docker/plugins/${name}.sock`;
  const calls: string[] = [];
  mkdirSync("/run/docker/plugins", { recursive: true });
  const at = (volume: string) => join(folder, volume);
  const answer = (method: string, volume: string): object => {
    switch (method) {
      case "Plugin.Activate":
        return { Implements: ["VolumeDriver"] };
      case "VolumeDriver.Capabilities":
        return { Capabilities: { Scope: "global" } };
      case "VolumeDriver.Create":
        if (volume === "refused") return { Err: "no space in this plugin" };
        mkdirSync(at(volume), { recursive: true });
        return {};
      case "VolumeDriver.Mount":
        return { Mountpoint: at(volume) };
      case "VolumeDriver.Remove":
        rmSync(at(volume), { recursive: true, force: true });
        return {};
      default:
        return {};
    }
  };
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { Name = "" } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { Name?: string };
    const method = req.url!.slice(1);
    if (Name !== "") calls.push(`${method.replace("VolumeDriver.", "")} ${Name}`);
    res.end(JSON.stringify(answer(method, Name)));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    name,
    calls,
    stop() {
      server.close();
      rmSync(socket, { force: true });
    },
  };
}
