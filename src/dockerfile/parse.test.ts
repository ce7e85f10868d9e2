// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from "bun:test";
import { BROKEN } from "./broken.testing.ts";
import { DockerfileError, excerpt } from "./errors.ts";
import { IgnoreRules } from "./ignore.ts";
import { lintIgnored } from "./lint-ignored.ts";
import { parseDockerfile, parseInstruction } from "./parse.ts";
import type { Instruction, Kind, Of } from "./types.ts";

function only<K extends Kind>(kind: K, text: string): Of<K> {
  const found = parseDockerfile(`FROM a\n${text}`).stages[0]!.instructions[0] as Instruction;
  expect(found.kind).toBe(kind);
  return found as Of<K>;
}

describe("broken Dockerfiles", () => {
  test("are more than a hundred", () => expect(BROKEN.length).toBeGreaterThan(100));
  test.each(BROKEN.map((one) => [...one] as [string, number, string]))("%j", (text, line, message) => {
    let caught: unknown;
    try {
      parseDockerfile(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DockerfileError);
    expect((caught as DockerfileError).message).toContain(message);
    expect((caught as DockerfileError).line).toBe(line);
    expect((caught as DockerfileError).message).toStartWith(`dockerfile parse error line ${line}: `);
  });
});

describe("parseDockerfile()", () => {
  test("reads stages, their names and platforms", () => {
    const { stages, metaArgs } = parseDockerfile(
      "ARG V=1\nFROM a:$V AS Build\nRUN x\nfrom --platform=linux/arm64 b as two\nFROM Build",
    );
    expect(metaArgs[0]!.args).toEqual([{ key: "V", value: "1" }]);
    expect(stages.map(({ name, base, platform }) => [name, base, platform])).toEqual([
      ["build", "a:$V", ""],
      ["two", "b", "linux/arm64"],
      ["", "Build", ""],
    ]);
  });
  test("joins continuations, without comments and empty lines between them", () => {
    const run = only("RUN", "RUN a \\\n  # no\n   b \\\n\n c  ");
    expect(run.text).toBe("RUN a    b  c  ");
    expect(run.command).toEqual({ words: ["a    b  c"], shell: true });
    expect([run.first, run.last]).toEqual([2, 6]);
  });
  test("an escaped escape at the end of a line continues nothing", () => {
    expect(only("RUN", "RUN echo \\\\\nRUN b").command.words).toEqual(["echo \\\\"]);
  });
  test("takes another escape character", () => {
    const { stages } = parseDockerfile("# escape=`\nFROM a\nRUN a `\n b\nCOPY c:\\x d:\\");
    expect(stages[0]!.instructions.map(({ text }) => text)).toEqual(["RUN a  b", "COPY c:\\x d:\\"]);
  });
  test("exec and shell forms", () => {
    expect(only("CMD", 'CMD ["a", "b c"]').command).toEqual({ words: ["a", "b c"], shell: false });
    expect(only("CMD", "CMD ['a']").command).toEqual({ words: ["['a']"], shell: true });
    expect(only("CMD", "CMD []").command).toEqual({ words: [], shell: false });
  });
  test("ENV and LABEL in both forms", () => {
    const pairs = (text: string) => only("ENV", text).pairs.map(({ key, value }) => [key, value]);
    expect(pairs("ENV a b  c")).toEqual([["a", "b  c"]]);
    expect(pairs("ENV a=1 b='x y' c=\\ d=")).toEqual([
      ["a", "1"],
      ["b", "'x y'"],
      ["c", "\\ d="],
    ]);
    expect(only("LABEL", 'LABEL "a b"="c d"').pairs[0]).toEqual({
      key: '"a b"',
      value: '"c d"',
      legacy: false,
    });
  });
  test("RUN with mounts", () => {
    const { mounts, network, command } = only(
      "RUN",
      "RUN --mount=type=cache,target=/c,sharing=locked,id=x --mount=target=/b,from=s,rw --network=none make",
    );
    expect(mounts[0]).toMatchObject({
      type: "cache",
      target: "/c",
      sharing: "locked",
      id: "x",
      readonly: false,
    });
    expect(mounts[1]).toMatchObject({ type: "bind", target: "/b", from: "s", readonly: false });
    expect(network).toBe("none");
    expect(command.words).toEqual(["make"]);
  });
  test("here-documents", () => {
    const run = only("RUN", "RUN <<-'X' cat <<Y\n\ta\n\tX\nb $c\nY\nCMD x");
    expect(run.heredocs).toEqual([
      { name: "X", expand: false, chomp: true, descriptor: "", content: "\ta\n" },
      { name: "Y", expand: true, chomp: false, descriptor: "", content: "b $c\n" },
    ]);
    const copy = only("COPY", "COPY a <<f.txt /dst/\nhello\nf.txt\n");
    expect(copy.sources).toEqual(["a"]);
    expect(copy.destination).toBe("/dst/");
    expect(copy.heredocs[0]!.content).toBe("hello\n");
    expect(only("RUN", "RUN cat <<<word").heredocs).toEqual([]);
    expect(only("RUN", "RUN echo $((1<<2))").heredocs).toEqual([]);
  });
  test("COPY with all flags", () => {
    expect(
      only(
        "COPY",
        'COPY --from=0 --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=b ["a b", "c"]',
      ),
    ).toMatchObject({
      from: "0",
      chown: "1:2",
      chmod: "755",
      link: true,
      parents: true,
      exclude: ["*.o", "b"],
      sources: ["a b"],
      destination: "c",
    });
  });
  test("health checks", () => {
    expect(only("HEALTHCHECK", "HEALTHCHECK --interval=1m30s --retries=3 CMD curl x").health).toEqual({
      Test: ["CMD-SHELL", "curl x"],
      Interval: 9e10,
      Retries: 3,
    });
    expect(only("HEALTHCHECK", 'HEALTHCHECK CMD ["a"]').health).toEqual({ Test: ["CMD", "a"] });
    expect(only("HEALTHCHECK", "HEALTHCHECK NONE").health).toEqual({ Test: ["NONE"] });
  });
  test("ONBUILD keeps what follows, flags included", () => {
    expect(only("ONBUILD", "ONBUILD COPY --chown=1 . /x").expression).toBe("COPY --chown=1 . /x");
    expect(parseInstruction("COPY --chown=1 . /x").kind).toBe("COPY");
  });
  test("EXPOSE sorts", () =>
    expect(only("EXPOSE", "EXPOSE 80 443/tcp 53/udp").ports).toEqual(["443/tcp", "53/udp", "80"]));
});

describe("warnings", () => {
  const rules = (text: string) => parseDockerfile(text).warnings.map(({ rule, line }) => `${line} ${rule}`);
  test("tell what the linter tells", () => {
    expect(rules("FROM a AS Build\nMAINTAINER me\nENV a b\nRUN x \\\n\n y\nWORKDIR x\nCMD a\nCMD b")).toEqual(
      [
        "1 StageNameCasing",
        "2 MaintainerDeprecated",
        "3 LegacyKeyValueFormat",
        "4 NoEmptyContinuation",
        "7 WorkdirRelativePath",
        "8 JSONArgsRecommended",
        "8 MultipleInstructionsDisallowed",
        "9 JSONArgsRecommended",
      ],
    );
    expect(rules("FROM a as b\nrun x\nARG API_TOKEN\nARG PUBLIC_KEY\nFROM c AS b")).toEqual([
      "1 FromAsCasing",
      "2 ConsistentInstructionCasing",
      "3 SecretsUsedInArgOrEnv",
      "5 DuplicateStageName",
    ]);
  });
  const said = (text: string) =>
    parseDockerfile(text).warnings.map(({ rule, message }) => `${rule}: ${message}`);
  test.each([
    [
      "FROM --platform=$TARGETPLATFORM a",
      "RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    ],
    [
      "FROM --platform=linux/arm64 a",
      'FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/arm64"',
    ],
    [
      "ARG VERSION\nFROM a:$VERSION",
      "InvalidDefaultArgInFrom: Default value for ARG a:$VERSION results in empty or invalid base image name",
    ],
    [
      "ARG VERSION=1\nFROM a:$VERSOIN-x",
      "UndefinedArgInFrom: FROM argument 'VERSOIN' is not declared (did you mean VERSION?)",
    ],
    [
      "FROM a\nEXPOSE 80/TCP",
      "ExposeProtoCasing: Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
    ],
    [
      "FROM a\nEXPOSE 127.0.0.1:80:80",
      "ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'",
    ],
    [
      "FROM a AS context",
      'ReservedStageName: Stage name should not use the same name as reserved stage "context"',
    ],
  ])("%j", (text, expected) => expect(said(text)).toContain(expected));
  test.each([
    "ARG V=1\nFROM a:$V",
    "FROM a:${V:-1}",
    "FROM --platform=$BUILDPLATFORM a AS b",
    "FROM --platform=linux/arm64 a AS build_arm64",
    "FROM a\nEXPOSE 80/tcp ${PORT:-1}",
    'FROM a\nSHELL ["sh", "-c"]\nCMD x',
  ])("nothing is said of %j", (text) => expect(said(text)).toEqual([]));
  test.each([
    ["skip", 'invalid check option "skip"'],
    ["other=1", 'invalid check option "other"'],
    ["error=maybe", 'failed to parse check option "error=maybe"'],
  ])("check=%s is refused", (check, message) => {
    expect(() => parseDockerfile(`# check=${check}\nFROM a`)).toThrow(message);
    expect(() => parseDockerfile("FROM a", check)).toThrow(message);
  });
  test("can be switched off", () => {
    expect(rules("# check=skip=JSONArgsRecommended\nFROM a\nCMD x\nMAINTAINER me")).toEqual([
      "4 MaintainerDeprecated",
    ]);
    expect(rules("# check=skip=all\nFROM a\nCMD x")).toEqual([]);
  });
});

describe("checks that are experimental", () => {
  const said = (text: string) =>
    parseDockerfile(text).warnings.map(({ line, rule, message }) => `${line} ${rule}: ${message}`);
  test("InvalidDefinitionDescription", () => {
    const all = "# check=experimental=all\n";
    expect(said(`${all}# what it is\nFROM a AS base\n# about V\nARG V=1\n# W too\nARG X Y`)).toEqual(
      [
        ["3", "FROM", "base"],
        ["5", "ARG", "V"],
        ["7", "ARG", "<arg_key>"],
      ].map(
        ([line, kind, name]) =>
          `${line} InvalidDefinitionDescription: Comment for ${kind} should follow the format: \`# ${name} <description>\`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.`,
      ),
    );
    const fine =
      "FROM a\n# base is it\nFROM a AS base\n# other\n\nARG V=1\n# other\n#\nARG W\n# X it is\nARG W X";
    expect(said(all + fine)).toEqual([]);
    expect(said("# what it is\nFROM a AS base")).toEqual([]);
    expect(said("# check=experimental=CopyIgnoredFile\n# what it is\nFROM a AS base")).toEqual([]);
  });
  test("CopyIgnoredFile", () => {
    const ignored = (check: string, patterns: string[]) =>
      lintIgnored(
        parseDockerfile(
          `# check=${check}\nFROM a AS x\nCOPY ./tmp/f ok /d/\nADD tmp /d\nADD https://h/tmp /d\nCOPY --from=x tmp /e`,
        ),
        new IgnoreRules(patterns),
      );
    expect(ignored("experimental=CopyIgnoredFile", ["tmp"])).toEqual([
      {
        rule: "CopyIgnoredFile",
        line: 3,
        message: 'Attempting to Copy file "./tmp/f" that is excluded by .dockerignore',
      },
      {
        rule: "CopyIgnoredFile",
        line: 4,
        message: 'Attempting to Add file "tmp" that is excluded by .dockerignore',
      },
    ]);
    expect(ignored("experimental=all", ["tmp", "!tmp/f"])).toEqual([]);
    expect(ignored("error=true", ["tmp"])).toEqual([]);
  });
});

describe("# syntax=", () => {
  test.each([
    "docker/dockerfile:1",
    "docker/dockerfile:1.7-labs",
    "docker.io/docker/dockerfile:1@sha256:00",
    "localhost:5000/mirror/docker/dockerfile-upstream:master",
    "docker/dockerfile",
  ])("%s is what is read here", (image) => {
    expect(parseDockerfile(`#syntax=${image}\nFROM a\nRUN <<EOF\ntrue\nEOF`).stages.length).toBe(1);
  });
  test.each(["r2d4/mocker", "docker/dockerfile.lua:1", "ghcr.io/x/y@sha256:00"])("%s is refused", (image) => {
    expect(() => parseDockerfile(`# escape=\`\n# syntax = ${image}\nFROM a`)).toThrow(
      `dockerfile parse error line 2: frontend ${JSON.stringify(image)} is not supported`,
    );
  });
});

describe("excerpt()", () => {
  test("marks the line", () => {
    expect(excerpt("FROM a\nBAD\nCMD x", "Dockerfile", 2)).toBe(
      "Dockerfile:2\n--------------------\n   1 |     FROM a\n   2 | >>> BAD\n   3 |     CMD x\n--------------------",
    );
  });
});
