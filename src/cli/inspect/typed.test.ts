import { describe, expect, test } from "bun:test";
import { compileTemplate } from "../template/execute.ts";
import { fieldOfTyped, typed } from "./typed.ts";

const data = typed({
  State: {
    Status: "running",
    Running: false,
    Paused: false,
    Restarting: false,
    OOMKilled: false,
    Dead: false,
    Pid: 7,
    ExitCode: 0,
    Error: "",
  },
  Config: { Labels: { a: "b" }, ExposedPorts: { "80/tcp": {} }, Cmd: null },
  HostConfig: { PidsLimit: null, LogConfig: { Type: "json-file", Config: {} }, PortBindings: null },
  NetworkSettings: { Ports: { "7/tcp": null, "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] } },
});
const filled = (template: string) => compileTemplate(template, fieldOfTyped).execute(data);

describe("typed()", () => {
  test("prints structures, maps, lists and pointers as Go does", () => {
    expect(filled("{{.State}}")).toBe("{running false false false false false 7 0    <nil>}");
    expect(filled("{{.HostConfig.LogConfig}}")).toBe("{json-file map[]}");
    expect(filled("{{.Config.ExposedPorts}}")).toBe("map[80/tcp:{}]");
    expect(filled("{{.NetworkSettings.Ports}}")).toBe("map[7/tcp:[] 80/tcp:[{0.0.0.0 8080}]]");
    expect(filled("{{.HostConfig.PidsLimit}} {{.Config.Cmd}} {{.HostConfig.PortBindings}}")).toBe(
      "<nil> [] map[]",
    );
  });
  test("keeps null in JSON", () => {
    expect(filled("{{json .HostConfig.PidsLimit}} {{json .Config.Cmd}}")).toBe("null null");
    expect(filled("{{json .HostConfig}}")).toBe(
      '{"PidsLimit":null,"LogConfig":{"Type":"json-file","Config":{}},"PortBindings":null}',
    );
  });
  test("knows fields that are left out when empty", () => {
    expect(filled("{{.State.Health}} {{if .State.Health}}yes{{else}}no{{end}}")).toBe("<nil> no");
    expect(() => filled("{{.State.Health.Status}}")).toThrow();
  });
  test("lets maps be asked for anything", () => {
    expect(filled("{{.Config.Labels.a}} {{.Config.Labels.none}}")).toBe("b <no value>");
    expect(() => filled("{{.Config.None}}")).toThrow('map has no entry for key "None"');
  });
});
