import { runCli } from "../src/cli/main.ts";

export async function main(args: string[]): Promise<void> {
  process.exit(await runCli(args));
}
