/** docker-containerd-ctr, on docker-containerd and on stock containerd 1.6. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type CtrOptions, startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { eventually } from "./lib/engine.ts";

/** Several starts of containers on a busy machine. */
const LONG = 60_000;

for (const kind of ["ours", "stock"] as const)
  describe(`docker-containerd-ctr on ${kind === "ours" ? "docker-containerd" : "stock containerd"}`, () => {
    let containerd: TestContainerd;
    const ctr = (args: string[], options: CtrOptions = {}) =>
      containerd.ctr(args, { tool: "docker-containerd-ctr", ...options });
    const ok = async (...args: string[]) => {
      const { code, stdout, stderr } = await ctr(args);
      if (code !== 0) throw new Error(`${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
      return stdout.trim();
    };
    const image = "docker.io/library/busybox:latest";
    beforeAll(async () => {
      containerd = await startContainerd({ kind });
      const archive = join(containerd.folder, "busybox.tar");
      writeBusyboxImage(archive);
      expect(await ok("images", "import", archive)).toBe(image);
    });
    afterAll(() => containerd.stop());

    test("version, plugins, namespaces", async () => {
      expect(await ok("version")).toMatch(/Server:\n {2}Version:/);
      expect(await ok("plugins", "ls")).toContain("overlayfs");
      await ok("namespaces", "create", "other", "a=b");
      expect(await ok("namespaces", "ls")).toMatch(/other\s+a=b/);
      await ok("namespaces", "rm", "other");
    });
    test(
      "run passes output, errors, input and the exit code on",
      async () => {
        const script = "cat; echo err >&2; exit 3";
        const result = await ctr(["run", "--rm", image, "io", "sh", "-c", script], { stdin: "in\n" });
        expect(result).toEqual({ code: 3, stdout: "in\n", stderr: "err\n" });
        expect(await ok("containers", "ls", "-q")).toBe("");
      },
      LONG,
    );
    test(
      "a task's life: start, list, ps, exec, pause, resume, kill, rm",
      async () => {
        await ok("run", "-d", image, "life", "sleep", "1000");
        expect(await ok("tasks", "ls")).toMatch(/life\s+\d+\s+RUNNING/);
        expect(await ok("tasks", "ps", "life")).toMatch(/PID +INFO\n\d+ +-/);
        expect(JSON.parse(await ok("tasks", "metrics", "--format", "json", "life"))).toMatchObject({
          id: "life",
        });
        const exec = await ctr(["tasks", "exec", "--exec-id", "e", "life", "sh", "-c", "echo in; exit 5"]);
        expect([exec.stdout, exec.code]).toEqual(["in\n", 5]);
        await ok("tasks", "pause", "life");
        expect(await ok("tasks", "ls")).toContain("PAUSED");
        await ok("tasks", "resume", "life");
        expect(await ok("tasks", "rm", "-f", "life")).toBe("");
        await ok("containers", "rm", "life");
        const none = await ctr(["tasks", "rm", "-f", "life"]);
        expect([none.code, none.stdout]).toEqual([1, ""]);
        expect(none.stderr).toContain('container "life" in namespace "default": not found');
      },
      LONG,
    );
    test("content, snapshots, leases", async () => {
      const digest = `sha256:${new Bun.CryptoHasher("sha256").update("hello").digest("hex")}`;
      // Nothing holds this content, and a collection that an earlier deletion asked for may take it at once.
      await eventually(
        "what was ingested is read back",
        async () => {
          const ingest = await ctr(["content", "ingest", "ref"], { stdin: "hello" });
          expect(ingest.stdout.trim()).toBe(digest);
          return (await ctr(["content", "get", digest])).stdout;
        },
        (content) => content === "hello",
      );
      const [base] = /sha256:\w+/.exec(await ok("snapshots", "ls"))!;
      await ok("snapshots", "prepare", "work", base);
      expect(await ok("snapshots", "mounts", "/mnt", "work")).toStartWith(
        "mount -t overlay overlay /mnt -o ",
      );
      await ok("snapshots", "rm", "work");
      await ok("leases", "create", "--id", "held", "--expires", "1h");
      expect(await ok("leases", "ls")).toContain("held");
      await ok("leases", "rm", "held");
    });
    test("every command has its help", async () => {
      const groups = [
        "containers",
        "content",
        "images",
        "leases",
        "namespaces",
        "oci",
        "plugins",
        "snapshots",
        "tasks",
      ];
      for (const group of groups)
        expect(await ok(group, "--help")).toContain(`Usage: docker-containerd-ctr ${group}`);
      for (const command of ["run", "events", "version"])
        expect(await ok(command, "--help")).toContain(`Usage: docker-containerd-ctr ${command}`);
    });
  });
