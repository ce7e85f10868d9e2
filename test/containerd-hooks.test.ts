/** What others call docker-containerd for, as they call stock's: to publish an event, and as a hook of an OCI runtime. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Any } from "../src/proto/google/protobuf/any.ts";
import { startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { BIN } from "./lib/engine.ts";

const OURS = join(BIN, "docker-containerd");

let containerd: TestContainerd;
beforeAll(async () => {
  containerd = await startContainerd();
});
afterAll(() => containerd.stop());

async function run(program: string, args: string[], stdin: Uint8Array) {
  const child = Bun.spawn([program, ...args], { stdin, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, stdout, stderr };
}

test("publish passes an event on to who subscribed, whoever's program it is", async () => {
  const ctr = [join(BIN, "docker-containerd-ctr"), "-a", containerd.socket, "events"];
  const watching = Bun.spawn(ctr, { stdout: "pipe", stderr: "inherit" });
  const event = Any.encode({
    typeUrl: "containerd.events.TaskPaused",
    // container_id = "abc"
    value: new Uint8Array([10, 3, 97, 98, 99]),
  });
  const about = ["--address", containerd.socket, "publish", "--namespace", "mine"];
  let seen = "";
  const reader = watching.stdout.getReader();
  const decoder = new TextDecoder();
  for (const program of [OURS, "containerd"]) {
    const line = `mine /tasks/paused {"container_id":"abc"}`;
    // The subscription may not have begun yet.
    const published: ReturnType<typeof run>[] = [];
    const publish = () => published.push(run(program, [...about, "--topic", "/tasks/paused"], event));
    publish();
    const timer = setInterval(publish, 500);
    seen = "";
    while (!seen.includes(line)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`ctr events ended: ${seen}`);
      seen += decoder.decode(value, { stream: true });
    }
    clearInterval(timer);
    for (const outcome of await Promise.all(published))
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const nameless = await run(program, about, event);
    expect(nameless.code).toBe(1);
    expect(nameless.stderr).toContain("topic required to publish event");
  }
  watching.kill();
  await watching.exited;
});

test("oci-hook refuses what is no container's state, in one line", async () => {
  const { code, stderr } = await run(OURS, ["oci-hook", "--", "/bin/true"], Buffer.from("{"));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^docker-containerd: oci-hook: the container's state on standard input: .*\n$/);
});
