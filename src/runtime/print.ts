import { writeFd } from "../linux/fd.ts";

const STDOUT = 1;

/** Prints to stdout; process.stdout would load Node's streams, which takes longer than most commands. */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length; ) done += writeFd(STDOUT, bytes.subarray(done));
}
