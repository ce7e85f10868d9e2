import { unavailable } from "../../errors/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Wire } from "./wire.ts";

/** A wire through `ssh HOST docker system dial-stdio`: whoever may log in there reaches the engine. */
export function dialSsh(endpoint: Extract<Endpoint, { kind: "ssh" }>): Wire {
  const port = endpoint.port === undefined ? [] : ["-p", endpoint.port];
  const host = endpoint.socket === undefined ? [] : ["--host", `unix://${endpoint.socket}`];
  const remote = ["docker", ...host, "system", "dial-stdio"];
  const child = Bun.spawn(
    ["ssh", "-o", "ConnectTimeout=30", "-T", ...port, "--", endpoint.destination, ...remote],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  );
  const reader = child.stdout.getReader();
  let ended = false;
  return {
    get ended() {
      return ended;
    },
    async read() {
      const { value, done } = await reader.read();
      if (!done) return value;
      ended = true;
      if ((await child.exited) !== 0)
        throw unavailable(
          `error during connect: ssh to ${endpoint.destination} ended with ${child.exitCode}`,
        );
      return undefined;
    },
    async write(data) {
      child.stdin.write(data);
      await child.stdin.flush();
    },
    closeWrite: () => void child.stdin.end(),
    close: () => child.kill(),
  };
}
