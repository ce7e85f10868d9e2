/**
 * `bun bench/lib/ask.ts SOCKET`: asks an engine `_ping` and the list of its containers all the time, each on a new
 * connection, until its standard input ends; then prints how many milliseconds each took. A process of its own, which
 * comes before all others: what it sees is the engine's lateness and not that of its own work or of who started it.
 */
import { request } from "node:http";
import { constants, setPriority } from "node:os";

/** Milliseconds that each answer took. */
export interface Asked {
  pings: number[];
  lists: number[];
}

const PAUSE_MS = 10;

/** Milliseconds until the whole answer is there, on a new connection. */
function ask(socketPath: string, path: string): Promise<number> {
  const start = performance.now();
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path, agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () => done(performance.now() - start));
    });
    asked.on("error", fail);
    asked.end();
  });
}

async function askUntilEnd(socket: string): Promise<Asked> {
  const seen: Asked = { pings: [], lists: [] };
  let asking = true;
  process.stdin.resume().on("end", () => {
    asking = false;
  });
  while (asking) {
    seen.pings.push(await ask(socket, "/_ping"));
    seen.lists.push(await ask(socket, "/containers/json?all=1"));
    await Bun.sleep(PAUSE_MS);
  }
  return seen;
}

if (import.meta.main) {
  setPriority(constants.priority.PRIORITY_HIGHEST);
  // The first request of a process takes longer, by its own fault.
  await ask(process.argv[2]!, "/_ping");
  process.stdout.write("ready\n");
  process.stdout.write(`${JSON.stringify(await askUntilEnd(process.argv[2]!))}\n`);
}
