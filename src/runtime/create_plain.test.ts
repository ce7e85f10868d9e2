import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Linux, Process, Spec } from "../oci/runtime-spec.ts";
import { createPlain } from "./create_plain.ts";

const folder = mkdtempSync("/tmp/pequod-create-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, "root");

const process = (changes: Partial<Process> = {}): Process => ({
  ...{ cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } },
  ...changes,
});

/** Asks for a container of which only what matters here is said. */
function create(id: string, changes: Partial<Spec> | string): Promise<boolean> {
  const bundle = join(folder, id);
  mkdirSync(join(bundle, "rootfs"), { recursive: true });
  const spec = { ociVersion: "1.0.2", root: { path: "rootfs" }, process: process(), linux: {} };
  const text = typeof changes === "string" ? changes : JSON.stringify({ ...spec, ...changes });
  writeFileSync(join(bundle, "config.json"), text);
  return createPlain(root, {
    ...{ id, bundle, pidFile: join(bundle, "pid"), noPivot: false, noNewKeyring: false },
    ...{ stdio: [0, 1, 2], log: join(bundle, "log.json") },
  });
}

describe("createPlain()", () => {
  const users: Linux = { namespaces: [{ type: "user" }] };
  test.each<[string, Partial<Spec>]>([
    ["hooks", { hooks: { startContainer: [{ path: "/bin/true" }] } }],
    ["a terminal", { process: process({ terminal: true }) }],
    ["a user namespace", { linux: users }],
    ["a seccomp agent", { linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x" } } }],
  ])("leaves %s to the command", async (name, changes) => {
    const id = name.replaceAll(" ", "-");
    expect(await create(id, changes)).toBe(false);
    expect(existsSync(join(root, id))).toBe(false);
  });

  test("says and logs what is wrong as the command does, and leaves nothing", async () => {
    const found = await create("odd", "{").catch((error: Error) => error.message);
    expect(found).toStartWith(`runc create failed: ${folder}/odd/config.json is not JSON`);
    const logged = JSON.parse(readFileSync(join(folder, "odd/log.json"), "utf8"));
    expect(logged).toMatchObject({ level: "error", msg: found });
    expect(existsSync(join(root, "odd"))).toBe(false);
  });
});
