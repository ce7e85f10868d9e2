/** `docker run` and `create` fetch an image that is missing, and say so as the stock client does. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { hasComparedClient } from "./lib/both-clients.ts";
import { type Engine, OUR_CLI, type Result, STOCK_CLI, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";
import { openTerminal } from "./lib/terminal.ts";

const here = hasComparedClient();
if (!here) console.error("cli-pull-on-run.test.ts: skipped, the stock client 28.2.2 is not installed");

let engine: Engine;
let registry: TestRegistry;
let guarded: TestRegistry;

beforeAll(async () => {
  if (!here) return;
  const hash = await Bun.password.hash("secret", { algorithm: "bcrypt", cost: 4 });
  [registry, guarded] = await Promise.all([startRegistry(), startRegistry({ htpasswd: `me:${hash}\n` })]);
  engine = await startTestEngine({ image: false, flags: ["--registry-mirror", `http://${registry.host}`] });
  const archive = join(registry.folder, "busybox.tar");
  writeBusyboxImage(archive);
  const copy = (host: string, name: string, ...more: string[]) =>
    registry.skopeo(
      "copy",
      "--dest-tls-verify=false",
      ...more,
      `docker-archive:${archive}`,
      `docker://${host}/${name}`,
    );
  await copy(registry.host, "library/busybox:latest");
  await copy(guarded.host, "box:1", "--dest-creds", "me:secret");
});
afterAll(async () => {
  await engine?.stop();
  await Promise.all([registry, guarded].map((each) => each?.stop()));
});

/** Layers come in any order, and a step may be too quick to be told of. */
const steps = (text: string) =>
  [...new Set(text.replace(/\b[0-9a-f]{12}\b/g, "LAYER").split("\n"))].filter(
    (line) => !/(Waiting|Verifying Checksum|Download complete|Downloading|Extracting)/.test(line),
  );

async function both(image: string, args: string[], env: Record<string, string> = {}): Promise<Result[]> {
  const results: Result[] = [];
  for (const cli of [OUR_CLI, STOCK_CLI]) {
    await engine.docker(["rmi", "-f", image]);
    results.push(await engine.docker(args, { cli, env }));
  }
  return results;
}

describe.skipIf(!here)("both clients", () => {
  describe("an image that is missing", () => {
    test("is fetched, with progress on stderr", async () => {
      const [ours, stock] = await both("busybox", [
        "run",
        "--rm",
        "--network",
        "none",
        "busybox",
        "echo",
        "hi",
      ]);
      expect({ ...ours, stderr: steps(ours!.stderr) }).toEqual({
        ...stock!,
        stderr: steps(stock!.stderr) as never,
      });
      expect(ours!.stdout).toBe("hi\n");
      expect(ours!.stderr).toStartWith("Unable to find image 'busybox:latest' locally\n");
      expect(ours!.stderr).toContain("Status: Downloaded newer image for busybox:latest\n");
    });
    test("is fetched silently", async () => {
      const [ours, stock] = await both("busybox", [
        "run",
        "-q",
        "--rm",
        "--network",
        "none",
        "busybox",
        "echo",
        "hi",
      ]);
      expect(ours).toEqual(stock!);
      expect(ours).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
    });
    test("is not fetched with --pull never", async () => {
      const [ours, stock] = await both("busybox", ["create", "--pull", "never", "busybox"]);
      expect(ours).toEqual(stock!);
      expect(ours!.code).not.toBe(0);
    });
    test("is reported when no registry has it", async () => {
      for (const command of ["run", "create"]) {
        const [ours, stock] = await both("busybox", [command, `${registry.host}/no/such:image`]);
        expect(ours).toEqual(stock!);
        expect(ours!.code).not.toBe(0);
      }
    });
    test("is fetched with the credentials of the configuration", async () => {
      const config = join(engine.folder, "config");
      const auths = { [guarded.host]: { auth: Buffer.from("me:secret").toString("base64") } };
      await Bun.write(join(config, "config.json"), JSON.stringify({ auths }));
      const image = `${guarded.host}/box:1`;
      const args = ["run", "--rm", "-q", "--network", "none", image, "echo", "hi"];
      for (const result of await both(image, args, { DOCKER_CONFIG: config }))
        expect(result).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
      for (const result of await both(image, args)) expect(result.code).toBe(125);
    });
    test("is fetched with a bar for each layer on a terminal", async () => {
      for (const cli of [OUR_CLI, STOCK_CLI]) {
        await engine.docker(["rmi", "-f", "busybox"]);
        const term = openTerminal(engine, [
          cli,
          "run",
          "-it",
          "--rm",
          "--network",
          "none",
          "busybox",
          "echo",
          "hi",
        ]);
        expect(await term.ends()).toBe(0);
        expect(term.seen).toContain("\x1b[1A\x1b[2K\r");
        expect(term.seen).toContain(": Pull complete \r\x1b[1B");
        expect(term.seen).toEndWith("\r\nhi\r\n");
      }
    });
  });

  test("an image that is there is looked for again with --pull always", async () => {
    await engine.docker(["pull", "busybox"]);
    const args = ["run", "--pull", "always", "--rm", "--network", "none", "busybox", "echo", "hi"];
    const [ours, stock] = await Promise.all([OUR_CLI, STOCK_CLI].map((cli) => engine.docker(args, { cli })));
    expect(ours).toEqual(stock!);
    expect(ours!.stderr).toContain("Status: Image is up to date for busybox:latest\n");
  });
});
