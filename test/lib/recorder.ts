/** An engine that answers every request at once and remembers what it was asked: to compare clients by what they send. */
import { rmSync } from "node:fs";

export interface Recorded {
  method: string;
  /** Path without the version, with the query. */
  path: string;
  body: unknown;
}

export interface Recorder {
  readonly host: string;
  /** What was asked since the last call, pings left out. */
  take(): Recorded[];
  stop(): Promise<void>;
}

const ID = "0123456789abcdef".repeat(4);

const ANSWERS: [RegExp, number, unknown][] = [
  [/^POST \/containers\/create/, 201, { Id: ID, Warnings: [] }],
  [/^POST .*\/exec$/, 201, { Id: ID }],
  [/^POST .*\/update$/, 200, { Warnings: [] }],
  [/^GET \/containers\/json/, 200, []],
  [/^GET .*\/json/, 200, { Id: ID, Config: {}, HostConfig: {}, State: {} }],
];

/** Listens at a socket path. */
export function startRecorder(path: string): Recorder {
  let recorded: Recorded[] = [];
  const server = Bun.serve({
    unix: path,
    async fetch(request) {
      const url = new URL(request.url);
      const target = `${url.pathname.replace(/^\/v[\d.]+/, "")}${url.search}`;
      const headers = { "Api-Version": "1.50", Ostype: "linux", "Docker-Experimental": "false" };
      if (target.startsWith("/_ping")) return new Response("OK", { headers });
      const text = await request.text();
      recorded.push({
        method: request.method,
        path: target,
        body: text === "" ? undefined : JSON.parse(text),
      });
      const answer = ANSWERS.find(([pattern]) => pattern.test(`${request.method} ${target}`));
      if (!answer) return new Response(undefined, { status: 204, headers });
      return Response.json(answer[2], { status: answer[1], headers });
    },
  });
  return {
    host: `unix://${path}`,
    take() {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    async stop() {
      await server.stop(true);
      rmSync(path, { force: true });
    },
  };
}
