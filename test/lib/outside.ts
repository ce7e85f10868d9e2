/** A machine outside: a network namespace joined to this one by a wire, without routes to any container. */
import { readFileSync } from "node:fs";

export interface Outside {
  /** Its address; this side has 192.0.2.1. */
  address: string;
  /** Runs a command there and returns what it prints. Throws when it fails. */
  run(...command: string[]): string;
  /** Starts a command there. */
  spawn(...command: string[]): Bun.Subprocess;
  close(): void;
}

const HERE = "192.0.2.1";
const THERE = "192.0.2.2";

function run(...command: string[]): string {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0)
    throw new Error(`${command.join(" ")}: exit code ${child.exitCode}\n${child.stderr}${child.stdout}`);
  return child.stdout.toString();
}

export async function startOutside(): Promise<Outside> {
  const holder = Bun.spawn(["unshare", "--net", "sleep", "1000"], { stdin: "ignore" });
  const { pid } = holder;
  // unshare(1) has become sleep(1), and its namespace is another, as soon as its name says so.
  while (readFileSync(`/proc/${pid}/comm`, "utf8") !== "sleep\n") await Bun.sleep(2);
  const enter = ["nsenter", `--net=/proc/${pid}/ns/net`];
  run("ip", "link", "add", "outside0", "type", "veth", "peer", "name", "wire0", "netns", String(pid));
  run("ip", "addr", "add", `${HERE}/24`, "dev", "outside0");
  run("ip", "link", "set", "outside0", "up");
  for (const words of ["link set lo up", `addr add ${THERE}/24 dev wire0`, "link set wire0 up"])
    run(...enter, "ip", ...words.split(" "));
  const children: Bun.Subprocess[] = [];
  return {
    address: THERE,
    run: (...command) => run(...enter, ...command),
    spawn(...command) {
      const child = Bun.spawn([...enter, ...command], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
      });
      children.push(child);
      return child;
    },
    close() {
      for (const child of children) child.kill();
      holder.kill();
    },
  };
}
