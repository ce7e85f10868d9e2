import { versionLine } from "../src/version/version.ts";

export function main(args: string[]): void {
  if (args.includes("--version")) {
    process.stdout.write(`${versionLine("dockerd")}\n`);
    return;
  }
  process.stderr.write("dockerd: not implemented\n");
  process.exitCode = 1;
}
