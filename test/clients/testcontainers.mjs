// What users of testcontainers do, on the engine of DOCKER_HOST, which has busybox; argument: a folder of its own.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, Network, Wait } from "testcontainers";

const [folder = "."] = process.argv.slice(2);
const SERVER = [
  "sh",
  "-c",
  "mkdir -p /www; echo hello > /www/index.html; httpd -p 80 -h /www; echo ready; exec sleep 1000",
];

const server = () => new GenericContainer("busybox").withCommand(SERVER).withExposedPorts(80);
const page = async (container) =>
  (await fetch(`http://${container.getHost()}:${container.getMappedPort(80)}/`)).text();

/** Name → what it does; each leaves nothing. */
const uses = {
  async "waits for a line of the log, and is reached by its port"() {
    await using web = await server().withWaitStrategy(Wait.forLogMessage("ready")).start();
    assert.equal(await page(web), "hello\n");
  },
  async "waits for the port, which it looks for from outside and from inside"() {
    await using web = await server().withWaitStrategy(Wait.forListeningPorts()).start();
    assert.equal(await page(web), "hello\n");
  },
  async "waits for HTTP, and for a command"() {
    const both = Wait.forAll([Wait.forHttp("/", 80), Wait.forSuccessfulCommand("test -e /www/index.html")]);
    await using web = await server().withWaitStrategy(both).start();
    assert.equal(await page(web), "hello\n");
  },
  async "waits for the health check"() {
    await using web = await server()
      .withHealthCheck({ test: ["CMD-SHELL", "wget -q -O - http://127.0.0.1/"], interval: 100, retries: 50 })
      .withWaitStrategy(Wait.forHealthCheck())
      .start();
    assert.equal(await page(web), "hello\n");
  },
  async "runs commands with user, folder and variables"() {
    await using web = await server().withEnvironment({ ONE: "1" }).start();
    const { exitCode, stdout } = await web.exec(["sh", "-c", "id -u; pwd; echo $ONE$TWO; exit 3"], {
      user: "nobody",
      workingDir: "/tmp",
      env: { TWO: "2" },
    });
    assert.deepEqual([exitCode, stdout], [3, "65534\n/tmp\n12\n"]);
  },
  async "copies files, content and folders in, and an archive out"() {
    mkdirSync(join(folder, "tree/below"), { recursive: true });
    writeFileSync(join(folder, "tree/below/file"), "from a folder");
    await using web = await server()
      .withCopyContentToContainer([{ content: "before the start", target: "/www/early", mode: 0o640 }])
      .withCopyDirectoriesToContainer([{ source: join(folder, "tree"), target: "/tree" }])
      .start();
    await web.copyContentToContainer([{ content: "later", target: "/www/late" }]);
    const { output } = await web.exec([
      "sh",
      "-c",
      "cat /www/early /www/late /tree/below/file; stat -c %a /www/early",
    ]);
    assert.equal(output, "before the startlaterfrom a folder640\n");
    const archive = await web.copyArchiveFromContainer("/www/late");
    let size = 0;
    for await (const chunk of archive) size += chunk.length;
    assert.ok(size >= 1024);
  },
  async "names each other on a network of their own"() {
    await using network = await new Network().start();
    await using _web = await server().withNetwork(network).withNetworkAliases("web").start();
    await using client = await new GenericContainer("busybox")
      .withCommand(["sleep", "1000"])
      .withNetwork(network)
      .start();
    const { output } = await client.exec(["wget", "-q", "-O", "-", "http://web/"]);
    assert.equal(output, "hello\n");
  },
  async "streams the log, restarts, and tells its name and labels"() {
    await using web = await server()
      .withLabels({ purpose: "test" })
      .withTmpFs({ "/scratch": "rw,size=1m" })
      .start();
    const lines = [];
    for await (const line of (await web.logs()).on("err", () => {})) {
      lines.push(String(line));
      break;
    }
    assert.match(lines.join(""), /ready/);
    assert.equal(web.getLabels().purpose, "test");
    await web.restart();
    assert.equal(await page(web), "hello\n");
  },
  async "builds an image of a Dockerfile, with arguments"() {
    const context = join(folder, "context");
    mkdirSync(context, { recursive: true });
    writeFileSync(
      join(context, "Dockerfile"),
      "FROM busybox\nARG WORD\nRUN echo $WORD > /word\nCMD cat /word; sleep 1000\n",
    );
    const image = await GenericContainer.fromDockerfile(context).withBuildArgs({ WORD: "built" }).build();
    await using made = await image.withWaitStrategy(Wait.forLogMessage("built")).start();
    assert.equal((await made.exec(["cat", "/word"])).output, "built\n");
  },
  async "fails with the container's end, when it does not become ready"() {
    const broken = new GenericContainer("busybox").withCommand(["sh", "-c", "echo no; exit 1"]);
    await assert.rejects(
      broken.withWaitStrategy(Wait.forLogMessage("ready")).withStartupTimeout(30_000).start(),
    );
  },
};

for (const [name, use] of Object.entries(uses)) {
  await use();
  console.log(name);
}
console.log(`${Object.keys(uses).length} uses, all well`);
