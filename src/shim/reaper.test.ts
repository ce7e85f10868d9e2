import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeFd, O_RDWR, openFd, pipe, readToEnd } from "../linux/fd.ts";
import { becomeSubreaper } from "../linux/prctl.ts";
import { spawn } from "../linux/spawn.ts";
import { type Exit, Reaper } from "./reaper.ts";

const reaper = new Reaper();
let none: number;
let stop: () => void;
let alive: ReturnType<typeof setInterval>;
beforeAll(() => {
  becomeSubreaper();
  // Other tests of this process have children of their own.
  stop = reaper.start();
  none = openFd("/dev/null", O_RDWR);
  alive = setInterval(() => {}, 1000);
});
afterAll(() => {
  clearInterval(alive);
  stop();
});

function sh(script: string, output = none): number {
  return spawn({ path: "/bin/sh", argv: ["sh", "-c", script], env: [], fds: [none, output, none] });
}

test("exit codes and signals come as shells count them", async () => {
  const exits = await Promise.all(
    ["exit 0", "exit 7", "kill -9 $$"].map((script) => reaper.exitOf(sh(script))),
  );
  expect(exits.map((exit) => exit.status)).toEqual([0, 7, 137]);
});

test("an orphan that nobody named before is reaped, and its exit kept while a runtime is at work", async () => {
  const release = reaper.hold();
  const [reader, writer] = pipe();
  // It ends only when its parent is gone, which could reap it otherwise.
  const child = "while kill -0 $0 2>/dev/null; do :; done; exit 5";
  const parent = sh(`sh -c '${child}' $$ >/dev/null & echo $!`, writer);
  closeFd(writer);
  const orphan = Number(new TextDecoder().decode(readToEnd(reader)));
  closeFd(reader);
  await reaper.exitOf(parent);
  const exit = await new Promise<Exit>((resolve) => reaper.claim(orphan, resolve));
  expect(exit.status).toBe(5);
  release();
});

test("many children that end at once are all told of", async () => {
  const exits = await Promise.all(Array.from({ length: 20 }, (_, i) => reaper.exitOf(sh(`exit ${i}`))));
  expect(exits.map((exit) => exit.status)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});
