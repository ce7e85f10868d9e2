import { runShim } from "../src/shim/main.ts";

export function main(args: string[]): Promise<void> {
  return runShim(args);
}
