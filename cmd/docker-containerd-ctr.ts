import { versionLine } from "../src/version/version.ts";

export function main(args: string[]): void {
  if (args.includes("--version")) {
    process.stdout.write(`${versionLine("docker-containerd-ctr")}\n`);
    return;
  }
  process.stderr.write("docker-containerd-ctr: not implemented\n");
  process.exitCode = 1;
}
