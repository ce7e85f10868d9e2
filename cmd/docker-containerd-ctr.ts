import { main as run } from "../src/ctr/main.ts";

export async function main(args: string[]): Promise<void> {
  process.exitCode = await run(args);
}
