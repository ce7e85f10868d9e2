import { isNotFound } from "../../errors/errors.ts";
import { defineCommand, ExitError } from "../command.ts";

interface Finding {
  level: "ok" | "note" | "problem";
  about: string;
  message: string;
  cure?: string;
}

interface Diagnosis {
  Container: string;
  Running: boolean;
  Findings: Finding[];
}

const MARKS = { ok: "ok     ", note: "note   ", problem: "PROBLEM" } as const;

export default defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  summary: "Explain why traffic does or does not get into and out of a container, and what to do about it",
  count: { least: 1 },
  flags: {},
  async run(cli, { args }) {
    let problems = 0;
    for (const name of args) {
      const found = await diagnose(() =>
        cli.client.json<Diagnosis>("GET", `/containers/${encodeURIComponent(name)}/network`),
      );
      problems += found.Findings.filter(({ level }) => level === "problem").length;
      cli.out(text(found));
    }
    return problems > 0 ? 1 : 0;
  },
});

/** A stock engine answers that it has no such page. */
async function diagnose(ask: () => Promise<Diagnosis>): Promise<Diagnosis> {
  try {
    return await ask();
  } catch (error) {
    if (isNotFound(error) && (error as Error).message.includes("page not found"))
      throw new ExitError(1, "this engine cannot examine networks: only pequod's dockerd can");
    throw error;
  }
}

function text({ Container, Running, Findings }: Diagnosis): string {
  const lines = Findings.flatMap(({ level, about, message, cure }) => {
    const line = `  ${MARKS[level]}  ${about}: ${message}`;
    return cure && level !== "ok" ? [line, `           cure: ${cure}`] : [line];
  });
  return `${Container}${Running ? "" : " (not running)"}\n${lines.map((line) => `${line}\n`).join("")}`;
}
