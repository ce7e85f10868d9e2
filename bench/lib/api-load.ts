/** Requests as many clients at once send them, with the latency of each. */
import { join } from "node:path";

const AT_ONCE = 10;
const LOOKS = 10;

export class ApiLoad {
  /** Milliseconds of each request since the last reset. */
  readonly latencies: number[] = [];
  readonly #socket: string;

  constructor(host: string) {
    this.#socket = host.replace("unix://", "");
  }

  percentile(share: number): number {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  async #fetch(method: string, path: string, body?: object): Promise<Response> {
    const response = await fetch(`http://engine/v1.41${path}`, {
      method,
      unix: this.#socket,
      ...(body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** One request and its whole answer, timed. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const start = performance.now();
    const text = await (await this.#fetch(method, path, body)).text();
    this.latencies.push(performance.now() - start);
    return (text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text) as T;
  }

  create(command: string[], host: object = {}): Promise<{ Id: string }> {
    return this.ask("POST", "/containers/create", {
      Image: "busybox",
      Cmd: command,
      HostConfig: { NetworkMode: "none", ...host },
    });
  }

  async startContainers(count: number): Promise<string[]> {
    return atOnce(count, async () => {
      const { Id } = await this.create(["sleep", "10000"]);
      await this.ask("POST", `/containers/${Id}/start`);
      return Id;
    });
  }

  async removeAll(ids: string[]): Promise<void> {
    await atOnce(ids.length, (i) => this.ask("DELETE", `/containers/${ids[i]}?force=1`));
  }

  async look(ids: string[]): Promise<number> {
    await atOnce(ids.length * LOOKS, async (i) => {
      if (i % LOOKS === 0) {
        const list = await this.ask<unknown[]>("GET", "/containers/json");
        if (list.length !== ids.length) throw new Error(`${list.length} of ${ids.length} containers listed`);
      } else await this.ask("GET", `/containers/${ids[i % ids.length]}/json`);
    });
    return ids.length * LOOKS;
  }

  async createAndRemove(count: number): Promise<number> {
    await atOnce(count, async () => {
      const { Id } = await this.create(["true"]);
      await this.ask("DELETE", `/containers/${Id}`);
    });
    return count;
  }

  /** All at the same time. */
  async execs(id: string, count: number): Promise<number> {
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const start = performance.now();
        const config = { Cmd: ["echo", String(i)], AttachStdout: true };
        const { Id } = (await (await this.#fetch("POST", `/containers/${id}/exec`, config)).json()) as {
          Id: string;
        };
        const output = await (await this.#fetch("POST", `/exec/${Id}/start`, { Detach: false })).bytes();
        if (new TextDecoder().decode(output.subarray(8)) !== `${i}\n`)
          throw new Error(`exec ${i} printed ${output}`);
        const { ExitCode } = (await (await this.#fetch("GET", `/exec/${Id}/json`)).json()) as {
          ExitCode: number;
        };
        if (ExitCode !== 0) throw new Error(`exec ${i} ended with ${ExitCode}`);
        this.latencies.push(performance.now() - start);
      }),
    );
    return count;
  }

  /** Opens the streams; check() waits until each has been told of every container's end, and of the same events. */
  async followEvents(clients: number) {
    const seen: string[][] = [];
    const stop = new AbortController();
    for (let i = 0; i < clients; i++) {
      const response = await fetch(
        "http://engine/v1.41/events?filters=%7B%22type%22:%5B%22container%22%5D%7D",
        {
          unix: this.#socket,
          signal: stop.signal,
        },
      );
      const mine: string[] = [];
      seen.push(mine);
      void collect(response.body!, mine).catch(() => {});
    }
    return {
      async check(started: number, made: number): Promise<void> {
        const destroyed = (events: string[]) => events.filter((event) => event.startsWith("destroy")).length;
        const deadline = Date.now() + 60_000;
        while (seen.some((events) => destroyed(events) < started + made)) {
          if (Date.now() > deadline) throw new Error(`events lost: ${seen.map(destroyed)}`);
          await Bun.sleep(50);
        }
        stop.abort();
        const creates = seen.map((events) => events.filter((event) => event.startsWith("create")).length);
        if (creates.some((count) => count !== started + made)) throw new Error(`create events: ${creates}`);
        // Stock tells its clients in different orders.
        const sorted = seen.map((events) => events.toSorted().join());
        if (sorted.some((events) => events !== sorted[0])) throw new Error("event streams differ");
      },
    };
  }

  /** A container prints numbered lines, each client checks that it gets them all, once, in order. */
  async followLog(megabytes: number, clients: number): Promise<number> {
    const lines = Math.floor((megabytes * 1e6) / LINE);
    const script = `BEGIN { for (i = 0; i < ${lines}; i++) printf "%0${LINE - 1}d\\n", i }`;
    const { Id } = await this.create(["awk", script]);
    await this.ask("POST", `/containers/${Id}/start`);
    this.latencies.length = 0;
    let open = true;
    const followers = Promise.all(
      Array.from({ length: clients }, async () => {
        const checker = [
          process.execPath,
          join(import.meta.dir, "check-log.ts"),
          this.#socket,
          Id,
          String(LINE),
        ];
        const child = Bun.spawn(checker, { stdout: "pipe", stderr: "inherit" });
        const count = Number(await new Response(child.stdout).text());
        if (count !== lines) throw new Error(`a client of the log got ${count} of ${lines} lines`);
      }),
    ).finally(() => {
      open = false;
    });
    while (open) {
      await this.ask("GET", "/containers/json");
      await Promise.race([Bun.sleep(20), followers]);
    }
    await followers;
    await this.ask("DELETE", `/containers/${Id}?force=1`);
    return megabytes;
  }
}

/** Bytes of a line of the log, its end included. */
const LINE = 100;

async function collect(body: ReadableStream<Uint8Array>, events: string[]): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((one) => one.trim() !== "")) {
      const { Action, Actor } = JSON.parse(line) as { Action: string; Actor: { ID: string } };
      events.push(`${Action} ${Actor.ID}`);
    }
  }
}

/** Runs the work `count` times, some at the same time. */
async function atOnce<T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      results[i] = await work(i);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
