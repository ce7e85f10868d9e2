import { expect, test } from "bun:test";
import { applyChanges } from "./changes.ts";
import type { ContainerDefaults } from "./types.ts";

test("applyChanges() takes the instructions that make sense for an image", () => {
  const config: ContainerDefaults = { Env: ["A=old", "B=kept"], WorkingDir: "/srv" };
  applyChanges(config, [
    'CMD ["a", "b c"]',
    "entrypoint run it",
    'ENV A=new C="with space"\nENV D four words here',
    "LABEL x=y",
    "EXPOSE 80 53/udp",
    'VOLUME ["/data"]',
    "USER daemon",
    "WORKDIR sub",
    "STOPSIGNAL SIGINT",
    "HEALTHCHECK --interval=5s --retries=2 CMD curl -f x",
  ]);
  expect(config).toEqual({
    Cmd: ["a", "b c"],
    Entrypoint: ["/bin/sh", "-c", "run it"],
    Env: ["B=kept", "A=new", "C=with space", "D=four words here"],
    Labels: { x: "y" },
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/data": {} },
    User: "daemon",
    WorkingDir: "/srv/sub",
    StopSignal: "SIGINT",
    Healthcheck: { Test: ["CMD-SHELL", "curl -f x"], Interval: 5e9, Retries: 2 },
  });
});

test("applyChanges() refuses what is no such instruction", () => {
  expect(() => applyChanges({}, ["RUN x"])).toThrow("run is not a valid change command");
});
