/** What docker-containerd-ctr does beyond one call of the daemon's, on docker-containerd and on stock containerd 1.6. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importBusybox, startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { BIN, eventually } from "./lib/engine.ts";

const LONG = 60_000;

for (const kind of ["ours", "stock"] as const)
  describe(`docker-containerd-ctr on ${kind === "ours" ? "docker-containerd" : "stock containerd"}`, () => {
    let containerd: TestContainerd;
    let image: string;
    const ctr = (...args: string[]) => containerd.ctr(args, { tool: "docker-containerd-ctr" });
    const ok = async (...args: string[]) => {
      const { code, stdout, stderr } = await ctr(...args);
      if (code !== 0) throw new Error(`${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
      return stdout.trim();
    };
    beforeAll(async () => {
      containerd = await startContainerd({ kind });
      image = await importBusybox(containerd);
    });
    afterAll(() => containerd.stop());

    test(
      "convert: layers without compression, OCI's types; the image runs, and keeps what it needs",
      async () => {
        const archive = join(containerd.folder, "compressed.tar");
        writeFileSync(archive, "");
        await ok("images", "import", "--compress-blobs", "--base-name", "x", busyboxArchive());
        const digest = await ok("images", "convert", "--uncompress", "--oci", image, "plain:1");
        const manifest = JSON.parse(await ok("content", "get", digest));
        expect(manifest.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
        expect(manifest.config.mediaType).toBe("application/vnd.oci.image.config.v1+json");
        expect(manifest.layers.map((layer: { mediaType: string }) => layer.mediaType)).toEqual([
          "application/vnd.oci.image.layer.v1.tar",
        ]);
        await ok("images", "rm", "--sync", image);
        expect(await ok("run", "--rm", "plain:1", "plain", "echo", "plain")).toBe("plain");
        await ok("images", "import", busyboxArchive());
        await ok("images", "rm", "plain:1");
      },
      LONG,
    );
    const busyboxArchive = () => join(containerd.folder, "busybox.tar");

    test(
      "a container is written as an image, with what it has written, and made again",
      async () => {
        await ok("run", "-d", "--null-io", image, "one", "sh", "-c", "echo kept >/kept; sleep 1000");
        await eventually(
          "written",
          () => ctr("tasks", "exec", "--exec-id", `e${Date.now()}`, "one", "cat", "/kept"),
          ({ stdout }) => stdout === "kept\n",
        );
        await ok("containers", "checkpoint", "--rw", "--image", "one", "point:1");
        expect(await ok("tasks", "ls")).toMatch(/one +\d+ +RUNNING/);
        await ok("tasks", "rm", "-f", "one");
        await ok("containers", "rm", "one");
        const again = Bun.spawn(
          [
            join(BIN, "docker-containerd-ctr"),
            "-a",
            containerd.socket,
            "containers",
            "restore",
            "--rw",
            "two",
            "point:1",
          ],
          { stdin: "ignore", stdout: "ignore", stderr: "inherit" },
        );
        await eventually(
          "made again",
          () => ctr("tasks", "exec", "--exec-id", `e${Date.now()}`, "two", "cat", "/kept"),
          ({ stdout }) => stdout === "kept\n",
        );
        await ok("tasks", "kill", "-s", "KILL", "two");
        expect(await again.exited).toBe(137);
        await ok("containers", "rm", "two");
        expect((await ctr("containers", "restore", "three", image)).stderr).toContain("is no checkpoint");
      },
      LONG,
    );

    test(
      "attach takes over the streams of a task in the background, and deletes it",
      async () => {
        const fifos = join(containerd.folder, "fifos");
        await ok(
          "run",
          "-d",
          "--fifo-dir",
          fifos,
          image,
          "back",
          "sh",
          "-c",
          "read line; echo got $line; exit 4",
        );
        const child = Bun.spawn(
          [join(BIN, "docker-containerd-ctr"), "-a", containerd.socket, "tasks", "attach", "back"],
          { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
        );
        child.stdin.write("this\n");
        await child.stdin.flush();
        expect(await new Response(child.stdout).text()).toBe("got this\n");
        expect(await child.exited).toBe(4);
        expect(await ok("tasks", "ls", "-q")).toBe("");
        await ok("containers", "rm", "back");
        expect(readdirSync(fifos)).toEqual([]);
      },
      LONG,
    );

    test(
      "shim speaks with a task's shim past containerd",
      async () => {
        await ok("run", "-d", "--null-io", image, "direct", "sleep", "1000");
        const state = JSON.parse(await ok("shim", "--id", "direct", "state"));
        expect(state).toMatchObject({ id: "direct", status: 2 });
        const exec = (id: string, ...args: string[]) =>
          ctr("shim", "--id", "direct", "exec", "--env", "PATH=/bin", ...args, id, "sh", "-c", "exit 6");
        expect((await exec("a", "--attach")).code).toBe(6);
        expect((await exec("b")).stdout).toMatch(/^exec running with pid \d+\n$/);
        await ok("tasks", "kill", "-s", "KILL", "direct");
        await eventually(
          "ended",
          () => ok("tasks", "ls"),
          (text) => text.includes("STOPPED"),
        );
        await ok("tasks", "rm", "direct");
        await ok("containers", "rm", "direct");
        // docker-containerd keeps a shim for a moment, for the next task: then it answers that it has none such.
        const gone = await ctr("shim", "--id", "direct", "state");
        expect([gone.code, gone.stdout]).toEqual([1, ""]);
        expect(gone.stderr).toMatch(/cannot connect to|not found/);
        expect((await ctr("shim", "state")).stderr).toContain("container id must be provided");
      },
      LONG,
    );

    test("run in a user namespace gives the image's files to its root", async () => {
      chmodSync(containerd.folder, 0o711);
      const map = ["--uidmap", "0:100000:1000", "--gidmap", "0:100000:1000"];
      const script = "cat /proc/self/uid_map | tr -s ' '; stat -c '%u %g' /bin/busybox";
      const { code, stdout, stderr } = await ctr("run", "--rm", ...map, image, "mapped", "sh", "-c", script);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: " 0 100000 1000\n0 0\n", stderr: "" });
      expect((await ctr("run", "--rm", "--uidmap", "0:1", image, "x", "true")).stderr).toContain("together");
    });

    test("run gives a network by CNI, and takes it back", async () => {
      const folder = join(containerd.folder, "net");
      mkdirSync(folder, { recursive: true });
      const ipam = { type: "host-local", subnet: "10.98.0.0/24", dataDir: join(containerd.folder, "ipam") };
      const plugins = [{ type: "bridge", bridge: `cni-${kind}`, isGateway: true, ipam }];
      writeFileSync(
        join(folder, "10-test.conflist"),
        JSON.stringify({ cniVersion: "0.4.0", name: "test", plugins }),
      );
      const flags = ["--cni", "--cni-conf-dir", folder];
      const { stdout } = await ctr("run", "--rm", ...flags, image, "net", "ip", "addr", "show", "eth0");
      expect(stdout).toContain("inet 10.98.0.2/24");
      expect(
        readdirSync(join(containerd.folder, "ipam/test")).filter((name) => name.startsWith("10.")),
      ).toEqual([]);
      const none = await ctr("run", "--rm", "--cni", "--cni-conf-dir", "/none", image, "none", "true");
      expect(none.stderr).toContain("no network config found in /none");
    });

    test("install copies programs, and does not replace what is there unless told", async () => {
      const folder = join(containerd.folder, "installed");
      await ok("install", "--path", folder, image);
      expect(existsSync(join(folder, "bin/busybox"))).toBe(true);
      expect((await ctr("install", "--path", folder, image)).stderr).toContain("cannot replace");
      await ok("install", "--path", folder, "--replace", image);
    });

    test("what is not there says so", async () => {
      expect((await ctr("run", "--rm", "--gpus=0", image, "no", "true")).stderr).toContain(
        'exec: "nvidia-container-cli": executable file not found in $PATH',
      );
      expect((await ctr("pprof", "--debug-socket", "/none", "heap")).stderr).toContain(
        "no debug server at /none",
      );
      expect(await ok("containers", "ls", "-q")).toBe("");
    });

    test("export and import with names by digest, without what docker load wants", async () => {
      const archive = join(containerd.folder, "export.tar");
      await ok("images", "export", "--skip-manifest-json", archive, image);
      const listed = Bun.spawnSync(["tar", "tf", archive]).stdout.toString();
      expect(listed).toContain("index.json");
      expect(listed).not.toContain("manifest.json");
      const names = await ok(
        "images",
        "import",
        "--digests",
        "--base-name",
        "by",
        "--index-name",
        "whole:1",
        archive,
      );
      expect(names.split("\n").sort()).toEqual([expect.stringMatching(/^by@sha256:/), image, "whole:1"]);
    });
  });
