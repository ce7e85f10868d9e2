/**
 * `bun bench/lib/ask.ts PID SOCKET`: asks an engine `_ping` and the list of its containers all the time, each on a new
 * connection, and now and then weighs it, until its standard input ends; then prints what it saw. A process of its own,
 * which comes before all others: what it sees is the engine's lateness and not that of its own work or of who started
 * it; and it does not rest while it weighs, which holds up the engine.
 */
import { request } from "node:http";
import { constants, setPriority } from "node:os";
import { familyOf, megabytes, privateBytes } from "./memory.ts";

export interface Asked {
  /** Milliseconds that each answer took. */
  pings: number[];
  lists: number[];
  /** Greatest private memory of the daemon and its children, MB. */
  megabytes: number;
}

const PAUSE_MS = 10;
const WEIGH_MS = 100;

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

const weigh = (pid: number): number =>
  megabytes(familyOf(pid).reduce((sum, member) => sum + privateBytes(member), 0));

async function askUntilEnd(pid: number, socket: string): Promise<Asked> {
  const seen: Asked = { pings: [], lists: [], megabytes: 0 };
  let [asking, weighed] = [true, 0];
  process.stdin.resume().on("end", () => {
    asking = false;
  });
  while (asking) {
    seen.pings.push(await ask(socket, "/_ping"));
    seen.lists.push(await ask(socket, "/containers/json?all=1"));
    if (performance.now() - weighed > WEIGH_MS) {
      seen.megabytes = Math.max(seen.megabytes, weigh(pid));
      weighed = performance.now();
    }
    await Bun.sleep(PAUSE_MS);
  }
  return seen;
}

if (import.meta.main) {
  const [, , pid, socket] = process.argv;
  setPriority(constants.priority.PRIORITY_HIGHEST);
  // The first request of a process takes longer, by its own fault.
  await ask(socket!, "/_ping");
  process.stdout.write("ready\n");
  process.stdout.write(`${JSON.stringify(await askUntilEnd(Number(pid), socket!))}\n`);
}
