/** A volume plugin as `docker plugin create` takes it: config.json and rootfs/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const PLUGIN_CONFIG = {
  description: "volumes for tests",
  documentation: "https://example.com",
  entrypoint: ["/vols"],
  env: [{ name: "GREETING", description: "what volumes say", settable: ["value"], value: "hello" }],
  interface: { types: ["docker.volumedriver/1.0"], socket: "vols.sock" },
  linux: { capabilities: ["CAP_SYS_ADMIN"] },
  network: { type: "none" },
  propagatedMount: "/data",
};

/** Builds the plugin's program, and puts it where it belongs. Errors: the compiler's. */
export function makePluginFolder(path: string): void {
  for (const folder of ["data", "proc", "sys", "dev", "run", "etc", "tmp"])
    mkdirSync(join(path, "rootfs", folder), { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(PLUGIN_CONFIG));
  const program = join(import.meta.dir, "volume-plugin.c");
  const output = join(path, "rootfs", "vols");
  const built = Bun.spawnSync(["musl-gcc", "-static", "-D_GNU_SOURCE", "-o", output, program]);
  if (built.exitCode !== 0) throw new Error(built.stderr.toString());
}
