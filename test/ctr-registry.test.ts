/** docker-containerd-ctr between a registry and a daemon, ours and stock's, with stock ctr on the same socket. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { BIN } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

const LONG = 60_000;

let registry: TestRegistry;
let name: string;
beforeAll(async () => {
  registry = await startRegistry();
  name = `${registry.host}/some/busybox:1`;
  const archive = join(registry.folder, "busybox.tar");
  writeBusyboxImage(archive);
  await registry.skopeo("copy", "--dest-tls-verify=false", `docker-archive:${archive}`, `docker://${name}`);
});
afterAll(() => registry.stop());

for (const kind of ["ours", "stock"] as const)
  describe(`docker-containerd-ctr on ${kind === "ours" ? "docker-containerd" : "stock containerd"}`, () => {
    let containerd: TestContainerd;
    const ctr = (...args: string[]) => containerd.ctr(args, { tool: "docker-containerd-ctr" });
    const ok = async (...args: string[]) => {
      const { code, stdout, stderr } = await ctr(...args);
      if (code !== 0) throw new Error(`${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
      return stdout.trim();
    };
    beforeAll(async () => {
      containerd = await startContainerd({ kind });
    });
    afterAll(() => containerd.stop());

    test(
      "images pull, run, push, and what stock ctr pulls again is the same",
      async () => {
        expect(await ok("images", "pull", "--plain-http", name)).toMatch(
          /unpacking linux\/\w+ sha256:.*\ndone: /,
        );
        expect(await ok("run", "--rm", name, "pulled", "echo", "works")).toBe("works");
        const copy = `${registry.host}/${kind}/copy:2`;
        await ok("images", "push", "--plain-http", copy, name);
        const wanted = (await ok("images", "ls", `name==${name}`))
          .split(/\s+/)
          .find((word) => /^sha256:/.test(word));
        await containerd.ok("images", "pull", "--plain-http", copy);
        expect(await containerd.ok("images", "ls", `name==${copy}`)).toContain(wanted!);
        // All that it needs is there already.
        expect(await ok("images", "pull", name)).toContain(": exists");
      },
      LONG,
    );

    test(
      "--hosts-dir leads to another host; the registry's own is asked when that has not what is wanted",
      async () => {
        const folder = join(containerd.folder, "hosts");
        mkdirSync(join(folder, "registry.invalid"), { recursive: true });
        const hosts = `server = "http://127.0.0.1:1"\n[host."http://${registry.host}"]\n  capabilities = ["pull", "resolve"]\n`;
        writeFileSync(join(folder, "registry.invalid/hosts.toml"), hosts);
        await ok("images", "pull", "--hosts-dir", folder, "registry.invalid/some/busybox:1");
        expect(await ok("images", "ls", "-q")).toContain("registry.invalid/some/busybox:1");
        const none = await ctr("images", "pull", "--hosts-dir", folder, "registry.invalid/some/none:1");
        expect(none.code).toBe(1);
        expect(none.stderr).toContain("127.0.0.1:1");
        const half = await ctr("images", "pull", "busybox");
        expect(half.stderr).toContain("want a whole name, such as docker.io/library/busybox");
      },
      LONG,
    );

    test(
      "lists have the columns of stock ctr",
      async () => {
        const columns = (text: string) =>
          text.split("\n").map((line) =>
            line
              .trim()
              .split(/\s{1,}/)
              .join(" "),
          );
        const lists = [
          ["images", "ls"],
          ["images", "check"],
          ["snapshots", "ls"],
          ["snapshots", "usage", "-b"],
          ["namespaces", "ls"],
          ["containers", "ls"],
          ["tasks", "ls"],
        ];
        await ok("images", "pull", name);
        for (const list of lists)
          expect(columns(await ok(...list))).toEqual(columns(await containerd.ok(...list)));
        const [head] = columns(await ok("content", "ls"));
        expect(head).toBe(columns(await containerd.ok("content", "ls"))[0]!);
      },
      LONG,
    );

    test(
      "images mount and unmount, snapshots diff, containers create, tasks start",
      async () => {
        const target = join(containerd.folder, "mounted");
        mkdirSync(target);
        await ok("images", "mount", "--rw", name, target);
        writeFileSync(join(target, "made"), "content");
        const layer = join(containerd.folder, "layer.tar.gz");
        const program = join(BIN, "docker-containerd-ctr");
        const diff = Bun.spawn([program, "-a", containerd.socket, "snapshots", "diff", target], {
          stdout: Bun.file(layer),
        });
        expect(await diff.exited).toBe(0);
        expect(await Bun.$`tar -tzf ${layer}`.text()).toBe("made\n");
        await ok("images", "unmount", "--rm", target);
        expect(existsSync(join(target, "made"))).toBe(false);
        const pidFile = join(containerd.folder, "pid");
        const env = join(containerd.folder, "env");
        writeFileSync(env, "# a comment\nFROM_FILE=yes\n");
        const script = "echo $FROM_FILE; grep CapEff /proc/self/status; exit 4";
        await ok(
          "containers",
          "create",
          "--env-file",
          env,
          "--cap-drop",
          "CAP_KILL",
          name,
          "made",
          "sh",
          "-c",
          script,
        );
        const started = await ctr("tasks", "start", "--pid-file", pidFile, "made");
        expect([started.code, started.stdout.split("\n")[0]]).toEqual([4, "yes"]);
        expect(Number(`0x${/CapEff:\s+(\w+)/.exec(started.stdout)![1]}`) & (1 << 5)).toBe(0);
        expect(Number(readFileSync(pidFile, "utf8"))).toBeGreaterThan(0);
        await ok("containers", "rm", "made");
      },
      LONG,
    );

    test("content: fetch-object, push-object, prune references", async () => {
      const manifest = await ok("content", "fetch-object", name);
      const { config } = JSON.parse(manifest) as { config: { digest: string; mediaType: string } };
      const target = `${registry.host}/${kind}/object:1`;
      expect(await ok("content", "push-object", target, config.digest, config.mediaType)).toContain("pushed");
      expect(await ok("content", "fetch-object", target, config.digest)).toBe(
        await ok("content", "get", config.digest),
      );
      expect(await ok("content", "prune", "references", "--dry")).toContain(
        "would remove containerd.io/gc.ref.content.l.0",
      );
    });
  });
