import { criuError } from "./criu.ts";

export async function run(): Promise<number> {
  throw criuError("checkpoint");
}
