/** What `bun test` said of the tests that failed, without the rest. */

/** A failure's lines at most: values compared may be long. */
const LINES = 60;

/** Each failed test: from "error:" over the difference and the places in the code to the test's name. */
export function failuresOf(output: string): string[] {
  const found: string[] = [];
  let lines: string[] | undefined;
  for (const line of output.split("\n")) {
    if (line.startsWith("error:")) lines = [...(lines ?? []), line];
    else if (line.startsWith("(fail)")) {
      found.push([...(lines ?? []).slice(0, LINES), line].join("\n"));
      lines = undefined;
    } else if (line.startsWith("(pass)")) lines = undefined;
    else lines?.push(line);
  }
  return found;
}
