/** `make chaos` itself is killed: another process takes away what it had made. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { processes } from "../hack/chaos/processes.ts";
import { cgroupsOf } from "../hack/chaos/sweep.ts";
import { BIN, eventually } from "./lib/engine.ts";

const LONG = 90_000;
const PATIENCE_S = 40;

test(
  "kill -9 of make chaos leaves no process, control group or folder",
  async () => {
    const script = resolve(import.meta.dir, "../hack/chaos.ts");
    const chaos = Bun.spawn([process.execPath, script, "--rounds", "50", "--seed", "1", "--bin", BIN], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    let said = "";
    for await (const chunk of chaos.stdout) {
      said += new TextDecoder().decode(chunk);
      if (/^in .*\n/m.test(said)) break;
    }
    const folder = /^in (.*)$/m.exec(said)![1]!;
    const containers = join(folder, "root/containers");
    const ids = await eventually(
      "containers that run",
      () => (existsSync(containers) ? readdirSync(containers) : []),
      (found) => cgroupsOf(found).length > 0,
      PATIENCE_S,
    );
    chaos.kill("SIGKILL");
    await chaos.exited;
    await eventually(
      "the folder to go",
      () => existsSync(folder),
      (isThere) => !isThere,
      PATIENCE_S,
    );
    expect(cgroupsOf(ids)).toEqual([]);
    expect(processes().filter(({ argv }) => argv.some((arg) => arg.includes(folder)))).toEqual([]);
  },
  LONG,
);
