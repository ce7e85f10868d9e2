/** The log that a runtime writes with `--log FILE --log-format json`: JSON objects one after another. */

interface Entry {
  level?: string;
  msg?: string;
}

/**
 * The message of the last error in a runtime's log; undefined when it holds none. runc writes an object a line, crun since
 * 1.22 spreads it over several; what is neither, as a line torn by a kill, is passed over.
 */
export function lastLoggedError(text: string): string | undefined {
  let end: string[] = [];
  for (const line of text.split("\n").reverse()) {
    end = [line, ...end];
    if (!line.startsWith("{")) continue;
    const entry = parsed(end.join("\n"));
    if (entry?.level === "error") return entry.msg?.trim();
    end = [];
  }
  return undefined;
}

function parsed(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}
