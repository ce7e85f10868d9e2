import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultProfile } from "./profile.ts";

test("defaultProfile() is the one in contrib/, but for its comment", () => {
  const file = readFileSync(join(import.meta.dir, "../../../contrib/apparmor/docker-default"), "utf8");
  const text = file.slice(file.indexOf("#include"));
  expect(defaultProfile({ tunables: true, abstractions: true })).toBe(text);
});

test("defaultProfile() does without files that are not there, and lets a confined dockerd end containers", () => {
  const text = defaultProfile({ tunables: false, abstractions: false, daemon: "/usr/sbin/dockerd" });
  expect(text).toStartWith("@{PROC}=/proc/\n");
  expect(text).not.toContain("#include");
  expect(text).toContain('signal (receive) peer="/usr/sbin/dockerd",');
});
