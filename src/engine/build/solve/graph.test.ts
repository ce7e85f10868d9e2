// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from "bun:test";
import { parseDockerfile } from "../../../dockerfile/parse.ts";
import { buildGraph } from "./graph.ts";

const graph = (text: string, target = "") =>
  buildGraph(parseDockerfile(text), target, new Map([["V", "1"]])).map(({ index, base, needs }) => [
    index,
    base,
    needs,
  ]);

describe("buildGraph()", () => {
  test("takes what the target needs, and nothing else", () => {
    const file =
      "FROM a AS one\nFROM b AS unused\nFROM one AS two\nFROM c\nCOPY --from=two /x /x\nRUN --mount=from=0,target=/m true";
    expect(graph(file)).toEqual([
      [0, "a", []],
      [2, "one", [0]],
      [3, "c", [2, 0]],
    ]);
    expect(graph(file, "unused")).toEqual([[1, "b", []]]);
    expect(graph(file, "1")).toEqual([[1, "b", []]]);
  });
  test("expands base names", () => expect(graph("FROM x:$V-${W:-w}")).toEqual([[0, "x:1-w", []]]));
  test("names of later stages are images", () => {
    expect(graph("FROM b\nFROM a AS b", "0")).toEqual([[0, "b", []]]);
    expect(graph("FROM a\nCOPY --from=img /x /x")).toEqual([[0, "a", []]]);
  });
  test.each([
    ["FROM $NOPE", "", "base name ($NOPE) should not be blank"],
    ["FROM a AS x\nFROM b AS x", "", "x stage name already used"],
    ["FROM a AS first", "frst", "failed to reach build target frst in Dockerfile (did you mean first?)"],
    ["FROM a\nCOPY --from=0 /x /x", "", "refers to current build stage"],
    ["FROM a\nCOPY --from=3 /x /x", "", "invalid from flag value 3"],
  ])("%j", (text, target, message) => expect(() => graph(text, target)).toThrow(message));
});
