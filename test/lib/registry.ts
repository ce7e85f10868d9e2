/** A stock docker-registry on a free port, on a private folder, for one test file. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputOf } from "../../hack/lib/command.ts";

export interface TestRegistry {
  /** "127.0.0.1:<port>" */
  host: string;
  folder: string;
  /** Runs skopeo and returns what it printed. Throws when it fails. */
  skopeo(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** name:password in htpasswd's form. */
  htpasswd?: string;
}

export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "pequod-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  mkdirSync(join(folder, "data"));
  if (options.htpasswd) writeFileSync(join(folder, "htpasswd"), options.htpasswd);
  const auth = options.htpasswd ? { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } : undefined;
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host },
    ...(auth ? { auth } : {}),
  };
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const log = Bun.file(join(folder, "log"));
  const server = Bun.spawn(["docker-registry", "serve", join(folder, "config.yml")], {
    stdin: "ignore",
    stdout: log,
    stderr: log,
  });
  await answers(`http://${host}/v2/`, server);
  return {
    host,
    folder,
    skopeo: (...args) => outputOf(["skopeo", ...args]),
    async stop() {
      server.kill("SIGTERM");
      await server.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function answers(url: string, server: Bun.Subprocess): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`docker-registry does not serve ${url}`);
    await Bun.sleep(10);
  }
}
