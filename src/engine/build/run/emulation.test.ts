import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireRunnable } from "./emulation.ts";

const folder = mkdtempSync("/tmp/pequod-binfmt-");
const linux = (architecture: string) => ({ os: "linux", architecture });
const entry = (magic: string, state = "enabled") =>
  `${state}\ninterpreter /usr/bin/qemu\nflags: OCF\noffset 0\nmagic ${magic}\nmask ${"ff".repeat(20)}\n`;
writeFileSync(join(folder, "status"), "enabled\n");
writeFileSync(join(folder, "register"), "");
writeFileSync(join(folder, "qemu-s390x"), entry("7f454c4602020100000000000000000000020016"));
writeFileSync(join(folder, "qemu-riscv64"), entry("7f454c460201010000000000000000000200f300"));
writeFileSync(join(folder, "qemu-ppc64le"), entry("7f454c4602010100000000000000000002001500", "disabled"));
const OTHER = process.arch === "x64" ? "arm64" : "amd64";

describe("requireRunnable()", () => {
  test("the machine's own platform needs nothing", () => {
    const own = process.arch === "x64" ? "amd64" : process.arch;
    expect(() => requireRunnable(linux(own), "/nonexistent")).not.toThrow();
  });
  test.each(["s390x", "riscv64"])("%s by an emulator", (name) => {
    expect(() => requireRunnable(linux(name), folder)).not.toThrow();
  });
  test.each(["ppc64le", "loong64", "z80", OTHER])("%s has none, or a disabled one", (name) => {
    expect(() => requireRunnable(linux(name), folder)).toThrow(`no emulator for ${name} is registered`);
  });
  test("without binfmt_misc", () => {
    expect(() => requireRunnable(linux("s390x"), "/nonexistent")).toThrow("cannot run a command");
  });
});
