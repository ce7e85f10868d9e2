import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { closeFd, O_NONBLOCK, O_RDONLY, openFd, readFd } from "../linux/fd.ts";
import { processStat } from "../linux/process-stat.ts";
import type { Hook } from "../oci/runtime-spec.ts";
import { deletePlain, startPlain } from "./plain.ts";
import { type ContainerRecord, StateStore } from "./state/store.ts";

const root = mkdtempSync("/tmp/pequod-plain-");
afterAll(() => rmSync(root, { recursive: true, force: true }));
const store = new StateStore(root);
const hooks: Hook[] = [{ path: "/bin/true" }];

/** A container whose init is this very process; with a FIFO, it waits to be started. */
function make(id: string, changes: Partial<ContainerRecord> = {}): void {
  store.claim(id);
  const { pid } = process;
  store.save({
    ...{ id, ociVersion: "1.0.2", bundle: "/b", pid, startTime: processStat(pid)!.startTime },
    ...{ created: "", cgroup: [], rootfs: "/b/rootfs", owner: 0, spec: { ociVersion: "1.0.2" } },
    ...changes,
  });
  Bun.spawnSync(["mkfifo", store.fifo(id)]);
}

const withHooks = (name: "poststart" | "poststop") => ({
  spec: { ociVersion: "1.0.2", hooks: { [name]: hooks } },
});
const DEAD = { startTime: "0" };

describe("startPlain()", () => {
  test("lets init go on, once", () => {
    make("plain");
    const fd = openFd(store.fifo("plain"), O_RDONLY | O_NONBLOCK);
    expect(startPlain(root, "plain")).toBe(true);
    expect(readFd(fd, new Uint8Array(8))).toBe(1);
    closeFd(fd);
    expect(existsSync(store.fifo("plain"))).toBe(false);
    expect(startPlain(root, "plain")).toBe(false);
  });

  test("leaves hooks, and what is not waiting, to the command", () => {
    make("hooked", withHooks("poststart"));
    make("ended", DEAD);
    for (const id of ["hooked", "ended"]) {
      expect(startPlain(root, id)).toBe(false);
      expect(existsSync(store.fifo(id))).toBe(true);
    }
    expect(startPlain(root, "none")).toBe(false);
  });
});

describe("deletePlain()", () => {
  test("removes what has ended", () => {
    make("over", DEAD);
    expect(deletePlain(root, "over")).toBe(true);
    expect(existsSync(store.folder("over"))).toBe(false);
  });

  test("leaves hooks, units and what still runs to the command", () => {
    make("runs");
    make("stop-hooked", { ...withHooks("poststop"), ...DEAD });
    make("unit", { unit: "x.scope", ...DEAD });
    for (const id of ["runs", "stop-hooked", "unit", "none"]) expect(deletePlain(root, id)).toBe(false);
    for (const id of ["runs", "stop-hooked", "unit"]) expect(existsSync(store.folder(id))).toBe(true);
  });
});
