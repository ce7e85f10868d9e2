import { runProxy } from "../src/network/proxy/main.ts";
import { versionLine } from "../src/version/version.ts";

export async function main(args: string[]): Promise<void> {
  if (args.includes("--version")) process.stdout.write(`${versionLine("docker-proxy")}\n`);
  else await runProxy(args);
}
