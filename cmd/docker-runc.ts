import { runCli } from "../src/runtime/cli.ts";

export async function main(args: string[]): Promise<void> {
  process.exit(await runCli(args));
}
