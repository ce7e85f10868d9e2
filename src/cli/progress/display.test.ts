import { describe, expect, test } from "bun:test";
import { progressText } from "./bar.ts";
import { displayProgress } from "./display.ts";
import type { ProgressMessage } from "./messages.ts";

async function shown(terminal: boolean, ...messages: ProgressMessage[]): Promise<string> {
  let text = "";
  async function* all() {
    yield* messages;
  }
  await displayProgress(all(), { write: (part) => (text += part), terminal, width: () => 120 });
  return text;
}

describe("displayProgress()", () => {
  const layer = (id: string, status: string, progressDetail = {}) => ({ id, status, progressDetail });
  test("prints a line per step, without bars, where there is no terminal", async () => {
    expect(
      await shown(
        false,
        { status: "Pulling from library/x", id: "latest" },
        layer("a", "Pulling fs layer"),
        layer("a", "Downloading", { current: 1, total: 2 }),
        layer("a", "Pull complete"),
        { status: "Digest: sha256:1" },
      ),
    ).toBe("latest: Pulling from library/x\na: Pulling fs layer\na: Pull complete\nDigest: sha256:1\n");
  });
  test("redraws the line of each layer on a terminal", async () => {
    expect(await shown(true, layer("a", "Waiting"), layer("b", "Waiting"), layer("a", "Done"))).toBe(
      "\n\x1b[1A\x1b[2K\ra: Waiting \r\x1b[1B" +
        "\n\x1b[1A\x1b[2K\rb: Waiting \r\x1b[1B" +
        "\x1b[2A\x1b[2K\ra: Done \r\x1b[2B",
    );
  });
  test("throws the engine's error", () => {
    expect(shown(false, { error: "no", errorDetail: { message: "no such thing" } })).rejects.toThrow(
      "no such thing",
    );
  });
});

describe("progressText()", () => {
  test("draws a bar on wide terminals only", () => {
    const detail = { current: 500, total: 1000 };
    expect(progressText(detail, 120)).toBe(`[${"=".repeat(25)}>${" ".repeat(25)}]     500B/1kB`);
    expect(progressText(detail, 100)).toBe("    500B/1kB");
  });
  test("shows what is known without a total, and the time left", () => {
    expect(progressText({ current: 1500 }, 120)).toBe("   1.5kB");
    expect(progressText({ current: 1, total: 62, start: 90 }, 60, 91)).toBe("      1B/62B 1m1s");
    expect(progressText({}, 120)).toBe("");
  });
});
