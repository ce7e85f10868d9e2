/** Profiles of stock containerd, which serves them on its debug socket; docker-containerd has none. */
import { messageOf, systemError, unavailable } from "../../errors/errors.ts";
import { command, type Group } from "../command.ts";
import { parseDuration } from "../duration.ts";

const SOCKET = {
  "debug-socket": {
    kind: "string",
    short: "d",
    help: "Socket of stock containerd's debug server",
    value: "SOCKET",
    fallback: "/run/containerd/debug.sock",
  },
} as const;

/** Writes what the debug server says to stdout. */
async function fetchProfile(socket: string, path: string): Promise<undefined> {
  let response: Response;
  try {
    response = await fetch(`http://debug/debug/pprof/${path}`, { unix: socket });
  } catch (cause) {
    throw unavailable(
      `no debug server at ${socket}: ${messageOf(cause)} (docker-containerd has none; for stock containerd set [debug] address)`,
      { cause },
    );
  }
  if (!response.ok)
    throw systemError(`debug server at ${socket}: ${response.status} ${await response.text()}`);
  await Bun.write(Bun.stdout, response);
  return undefined;
}

const profile = (summary: string, path: string) =>
  command({
    ...{ summary, usage: "[flags]", flags: SOCKET, min: 0, max: 0 },
    run: (_, { flags }) => fetchProfile(flags["debug-socket"] ?? SOCKET["debug-socket"].fallback, path),
  });

const timed = (summary: string, path: string, fallback: string) => {
  const seconds = { kind: "string", short: "s", help: "How long", value: "DURATION", fallback } as const;
  return command({
    ...{ summary, usage: "[flags]", flags: { ...SOCKET, seconds }, min: 0, max: 0 },
    run(_, { flags }) {
      const time = Math.round(parseDuration(flags.seconds ?? fallback) / 1000);
      const socket = flags["debug-socket"] ?? SOCKET["debug-socket"].fallback;
      return fetchProfile(socket, `${path}?seconds=${time}`);
    },
  });
};

export const pprof: Group = {
  summary: "Fetch profiles of stock containerd",
  flags: SOCKET,
  commands: {
    block: profile("Where goroutines wait", "block"),
    goroutines: profile("Stacks of all goroutines", "goroutine?debug=2"),
    heap: profile("What is in memory", "heap"),
    profile: timed("Where processor time goes", "profile", "30s"),
    threadcreate: profile("What made threads", "threadcreate"),
    trace: timed("What happens", "trace", "5s"),
  },
};
