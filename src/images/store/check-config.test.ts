import { expect, test } from "bun:test";
import { parseConfig } from "./images.ts";

const parse = (fields: object) =>
  parseConfig(
    Buffer.from(
      JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers" }, ...fields }),
    ),
  );

test("parseConfig() takes what tools write, null for nothing too", () => {
  const config = {
    created: "2024-01-01T00:00:00.123456789Z",
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "x", empty_layer: true }, {}],
    config: {
      Env: ["A=b"],
      Cmd: null,
      Labels: { a: "b" },
      ExposedPorts: { "80/tcp": {} },
      Volumes: { "/v": null },
    },
    container_config: null,
  };
  expect(parse(config)).toMatchObject(config);
  expect(parse({ config: { Cmd: "one", Entrypoint: "two" } }).config).toEqual({
    Cmd: ["one"],
    Entrypoint: ["two"],
  });
});

test.each([
  [{ architecture: 5 }, "architecture"],
  [{ created: 5 }, "created"],
  [{ created: "yesterday" }, "created"],
  [{ history: "x" }, "history"],
  [{ history: [null] }, "history"],
  [{ config: [] }, "config"],
  [{ config: { Env: { a: 1 } } }, "config.Env"],
  [{ config: { Cmd: [1] } }, "config.Cmd"],
  [{ config: { Labels: { a: 1 } } }, "config.Labels"],
  [{ config: { ExposedPorts: ["80"] } }, "config.ExposedPorts"],
  [{ config: { Healthcheck: { Test: "x" } } }, "config.Healthcheck"],
])("parseConfig() refuses %j", (fields, field) => {
  expect(() => parse(fields)).toThrow(`invalid image configuration: ${field} is not of its type`);
});
