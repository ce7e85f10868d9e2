/** Terminals: both clients, against our engine, must behave alike under a person's fingers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hasComparedClient } from "./lib/both-clients.ts";
import { type Engine, eventually, OUR_CLI, STOCK_CLI, startTestEngine } from "./lib/engine.ts";
import { openTerminal, type Terminal } from "./lib/terminal.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const CTRL = { C: "\x03", P: "\x10", Q: "\x11", Z: "\x1a", D: "\x04" };

const CLIENTS = [["our", OUR_CLI], ...(hasComparedClient() ? [["stock", STOCK_CLI] as const] : [])] as const;

describe.each(CLIENTS)("%s client", (which, cli) => {
  const terminal = (args: string[]): Terminal => openTerminal(engine, [cli, ...args]);
  const shell = (...options: string[]) =>
    terminal(["run", "-it", "--rm", "--network", "none", ...options, "busybox", "sh"]);
  const running = (name: string) => engine.ok("ps", "-q", "--filter", `name=${name}`);

  test("run -it: a terminal of our size, that grows with ours, and the exit code", async () => {
    const term = shell();
    await term.shows("# ");
    term.types("tty; stty size\r");
    await term.shows("/dev/pts/0\r\n40 100\r\n");
    term.resizes(120, 50);
    await eventually(
      "new size",
      async () => {
        term.types("stty size\r");
        return term.shows("# ");
      },
      (seen) => seen.includes("50 120"),
    );
    term.types("exit 3\r");
    expect(await term.ends()).toBe(3);
  });

  test("run -it: ctrl-C interrupts the command, not the client; ctrl-Z and fg work; ctrl-D ends the shell", async () => {
    const term = shell();
    await term.shows("# ");
    // The shell takes keys itself until the command has begun, or goes on.
    const loop = `sh -c 'trap "echo back" CONT; echo be""gun; while :; do sleep 0.05; done'\r`;
    term.types(loop);
    await term.shows("\r\nbegun\r\n");
    term.types(CTRL.C);
    await term.shows("^C");
    await term.shows("# ");
    term.types(loop);
    await term.shows("\r\nbegun\r\n");
    term.types(CTRL.Z);
    await term.shows("Stopped");
    await term.shows("# ");
    term.types("jobs; fg\r");
    await term.shows("\r\nback\r\n");
    term.types(CTRL.C);
    await term.shows("^C");
    await term.shows("# ");
    term.types(CTRL.D);
    expect(await term.ends()).toBe(130);
  });

  test("run -it: ctrl-P ctrl-Q detaches; attach comes back", async () => {
    const name = `detach-${which}`;
    const first = shell("--name", name);
    await first.shows("# ");
    first.types("echo wo''rd\r");
    await first.shows("\r\nword\r\n");
    first.types(CTRL.P);
    first.types(CTRL.Q);
    expect(await first.ends()).toBe(0);
    expect(await running(name)).not.toBe("");

    const second = terminal(["attach", name]);
    await second.shows("# ");
    second.types("echo aga''in; exit 5\r");
    await second.shows("\r\nagain\r\n");
    expect(await second.ends()).toBe(5);
    await eventually(
      "removed",
      () => running(name),
      (seen) => seen === "",
    );
  });

  test("attach and exec say so when they are left by the detach keys", async () => {
    const name = `keys-${which}`;
    await engine.ok("run", "-dit", "--name", name, "--network", "none", "busybox", "sh");
    for (const command of [
      ["attach", "--detach-keys", "ctrl-x,x", name],
      ["exec", "-it", "--detach-keys", "ctrl-x,x", name, "sh"],
    ]) {
      const term = terminal(command);
      await term.shows("# ");
      term.types("echo he''re\r");
      await term.shows("\r\nhere\r\n");
      term.types("\x18x");
      expect(await term.ends()).toBe(1);
      expect(term.seen).toContain("read escape sequence");
    }
    expect(await running(name)).not.toBe("");
    await engine.ok("rm", "-f", name);
  });

  test("exec -it: size, resize and exit code", async () => {
    const name = `exec-${which}`;
    await engine.ok("run", "-d", "--name", name, "--network", "none", "busybox", "sleep", "1000");
    const term = terminal(["exec", "-it", "-e", "A=b", "-w", "/tmp", name, "sh"]);
    await term.shows("# ");
    term.types("echo $A $PWD; stty size\r");
    await term.shows("b /tmp\r\n40 100\r\n");
    term.resizes(90, 30);
    await eventually(
      "new size",
      async () => {
        term.types("stty size\r");
        return term.shows("# ");
      },
      (seen) => seen.includes("30 90"),
    );
    term.types("exit 7\r");
    expect(await term.ends()).toBe(7);
    await engine.ok("rm", "-f", name);
  });

  test("the terminal is as before afterwards, also when the container is killed", async () => {
    const name = `restore-${which}`;
    const script = `stty -g > ${engine.folder}/before; ${cli} run -it --rm --name ${name} --network none busybox sh; echo code $?; stty -g > ${engine.folder}/after`;
    const term = openTerminal(engine, ["sh", "-c", script]);
    await term.shows("# ");
    await engine.ok("kill", name);
    await term.shows("code 137\r\n");
    expect(await term.ends()).toBe(0);
    const read = (file: string) => Bun.file(`${engine.folder}/${file}`).text();
    expect(await read("after")).toBe(await read("before"));
  });

  test("ctrl-C without a terminal in the container goes to its process", async () => {
    const script = 'trap "echo got it; exit 9" INT; echo ready; while :; do sleep 0.05; done';
    const term = terminal(["run", "--rm", "--network", "none", "busybox", "sh", "-c", script]);
    await term.shows("ready");
    term.types(CTRL.C);
    await term.shows("got it");
    expect(await term.ends()).toBe(9);
  });

  test("a terminal that is none is refused", async () => {
    const result = await engine.docker(["run", "-it", "--rm", "busybox", "true"], { cli });
    expect(result).toEqual({ code: 1, stdout: "", stderr: "the input device is not a TTY\n" });
  });
});
