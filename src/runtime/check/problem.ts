/** What is wrong with a bundle. */
export interface Problem {
  /** Where in config.json: a JSON pointer (RFC 6901), "" for the whole document. */
  pointer: string;
  problem: string;
  cure: string;
}

const escapePart = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

/** "/mounts/3/source" from its parts. */
export function pointerOf(...parts: (string | number)[]): string {
  return parts.map((part) => `/${escapePart(String(part))}`).join("");
}

/** Collects problems. */
export class Report {
  readonly problems: Problem[] = [];

  add(pointer: string, problem: string, cure: string): void {
    this.problems.push({ pointer, problem, cure });
  }

  /** Adds problems, but not of what has one already: a member of a wrong type seems to be missing as well. */
  addOthers(problems: readonly Problem[]): void {
    const known = this.problems.map(({ pointer }) => pointer);
    const isKnown = (at: string) => known.some((pointer) => at === pointer || at.startsWith(`${pointer}/`));
    this.problems.push(...problems.filter(({ pointer }) => !isKnown(pointer)));
  }

  /** Runs a part of the compiler that throws for what it cannot do; its message becomes the problem. */
  attempt(pointer: string, cure: string, compile: () => void): void {
    try {
      compile();
    } catch (error) {
      this.add(pointer, withoutTag(error instanceof Error ? error.message : String(error)), cure);
    }
  }
}

/** The compiler's "mounts[3]: ..." without the place, which the pointer gives. */
const withoutTag = (message: string) => message.replace(/^(?:[a-zA-Z]+(?:\[[^\]]*\])?\.?)+: /, "");
