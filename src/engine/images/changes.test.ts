import { expect, test } from "bun:test";
import type { ContainerDefaults } from "../../images/types.ts";
import { applyChanges } from "./changes.ts";

test("applyChanges() takes the instructions that make sense for an image", () => {
  const config: ContainerDefaults = { Env: ["A=old", "B=kept"], WorkingDir: "/srv", Cmd: ["old"] };
  applyChanges(config, [
    "entrypoint run it",
    'CMD ["a", "b c"]',
    'ENV A=new C="with space"\nENV D four words here',
    "ENV E=$B/more",
    "LABEL x=y",
    "EXPOSE 80 53/udp",
    'VOLUME ["/data"]',
    "USER daemon",
    "WORKDIR sub",
    "STOPSIGNAL SIGINT",
    "ONBUILD RUN x",
    "HEALTHCHECK --interval=5s --retries=2 CMD curl -f x",
  ]);
  expect(config).toEqual({
    Cmd: ["a", "b c"],
    Entrypoint: ["/bin/sh", "-c", "run it"],
    Env: ["A=new", "B=kept", "C=with space", "D=four words here", "E=kept/more"],
    Labels: { x: "y" },
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/data": {} },
    User: "daemon",
    WorkingDir: "/srv/sub",
    StopSignal: "SIGINT",
    OnBuild: ["RUN x"],
    Healthcheck: { Test: ["CMD-SHELL", "curl -f x"], Interval: 5e9, Retries: 2 },
  });
});

test("applyChanges() takes away the command that an entrypoint was not made for", () => {
  const config: ContainerDefaults = { Cmd: ["old"] };
  applyChanges(config, ['ENTRYPOINT ["run"]']);
  expect(config).toEqual({ Entrypoint: ["run"], Cmd: null });
});

test.each([
  ["RUN x", "run is not a valid change command"],
  ["STOPSIGNAL NONE", "Invalid signal: NONE"],
  ["shell []", "shell is not a valid change command"],
  ["FROM x", "from is not a valid change command"],
  ["ENV A", "ENV must have two arguments"],
  ["EXPOSE x", "Invalid containerPort: x"],
  ["", "file with no instructions"],
])("applyChanges() refuses %p: %s", (change, message) => {
  expect(() => applyChanges({}, [change])).toThrow(message);
});
