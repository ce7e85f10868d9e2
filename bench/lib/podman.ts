/** podman on folders of its own, with one image loaded, to compare builds with. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface Podman {
  /** Runs podman to its end. Throws when it fails. */
  ok(...args: string[]): Promise<void>;
}

/** undefined where it is not installed. */
export async function openPodman(folder: string, image: string): Promise<Podman | undefined> {
  if (!Bun.which("podman")) return undefined;
  mkdirSync(folder);
  const where = ["root", "runroot", "tmpdir"].flatMap((name) => [`--${name}`, join(folder, name)]);
  const options = [...where, "--cgroup-manager", "cgroupfs", "--runtime", "runc"];
  const podman = {
    async ok(...args: string[]) {
      const child = Bun.spawn(["podman", ...options, ...args], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      });
      const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
      if (code !== 0) throw new Error(`podman ${args.join(" ")}: exit code ${code}\n${words}`);
    },
  };
  await podman.ok("load", "-q", "-i", image);
  return podman;
}
