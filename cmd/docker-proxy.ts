import { versionLine } from "../src/version/version.ts";

export function main(args: string[]): void {
  if (args.includes("--version")) {
    process.stdout.write(`${versionLine("docker-proxy")}\n`);
    return;
  }
  process.stderr.write("docker-proxy: not implemented\n");
  process.exitCode = 1;
}
