/** GPUs of NVIDIA's: a hook that has NVIDIA's own program put them into the container, as containerd does it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { invalidArgument, notFound } from "../../errors/errors.ts";
import type { Hook } from "../../oci/runtime-spec.ts";

const PROGRAM = "nvidia-container-cli";
const DAEMON = "docker-containerd";

const CAPABILITIES = ["compute", "compat32", "graphics", "utility", "video", "display"];

/** The hook for GPUs by number. Errors: invalidArgument; notFound when NVIDIA's program is not installed. */
export function gpuHook(gpus: readonly string[]): Hook {
  const numbers = gpus.flatMap((text) => text.split(",")).map((text) => text.trim());
  const odd = numbers.find((text) => !/^[+-]?\d+$/.test(text));
  if (odd !== undefined) throw invalidArgument(`--gpus ${JSON.stringify(odd)}: want the number of a GPU`);
  const program = look(PROGRAM);
  const devices = numbers.map(Number).join(",");
  return {
    path: existsSync(besideUs()) ? besideUs() : look(DAEMON),
    args: [
      ...[DAEMON, "oci-hook", "--", program, "--load-kmods", "configure", `--device=${devices}`],
      ...CAPABILITIES.map((name) => `--${name}`),
      ...["--pid={{pid}}", "{{rootfs}}"],
    ],
    env: Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`),
  };
}

const besideUs = () => join(dirname(process.execPath), DAEMON);

function look(program: string): string {
  const path = Bun.which(program);
  if (path === null) throw notFound(`exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
  return path;
}
