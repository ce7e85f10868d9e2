/** Follows dockerd's events over its deaths: a new subscription whenever there is a new dockerd. */
import { join } from "node:path";
import type { ChaosChain } from "./chain.ts";

export class EventLog {
  readonly #chain: ChaosChain;
  readonly #seen: string[] = [];
  #child: Bun.Subprocess | undefined;

  constructor(chain: ChaosChain) {
    this.#chain = chain;
  }

  /** To be called once a dockerd answers. */
  follow(): void {
    this.stop();
    const child = Bun.spawn(
      [join(this.#chain.bin, "docker"), "events", "--format", "{{.Action}} {{.Actor.Attributes.name}}"],
      {
        env: {
          ...process.env,
          DOCKER_HOST: `unix://${this.#chain.at("docker.sock")}`,
          HOME: this.#chain.at("home"),
        },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "ignore",
      },
    );
    this.#child = child;
    void this.#read(child.stdout);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.#seen.push(...lines);
    }
  }

  count(name: string, action: string): number {
    return this.#seen.filter((line) => line === `${action} ${name}`).length;
  }

  stop(): void {
    this.#child?.kill();
    this.#child = undefined;
  }
}
