/** Debian's firewalld with a D-Bus of its own, in the network namespace of the caller. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./engine.ts";

export interface TestFirewalld {
  /** DBUS_SYSTEM_BUS_ADDRESS */
  address: string;
  /** Runs firewall-cmd and returns what it prints. Throws when it fails. */
  command(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const allow = (...rules: string[]) => rules.map((rule) => `<allow ${rule}/>`).join("");
const kinds = (direction: string) =>
  ["method_call", "method_return", "error", "signal"].map((kind) => `${direction}_type="${kind}"`);

const busConfig = (
  socket: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default">${allow('user="*"', 'own="*"', ...kinds("send"), ...kinds("receive"))}</policy></busconfig>
`;

export async function startFirewalld(folder: string): Promise<TestFirewalld> {
  const socket = join(folder, "bus.sock");
  const address = `unix:path=${socket}`;
  const config = join(folder, "bus.conf");
  const settings = join(folder, "firewalld");
  mkdirSync(settings, { recursive: true });
  writeFileSync(config, busConfig(socket));
  writeFileSync(join(settings, "firewalld.conf"), "DefaultZone=public\nFirewallBackend=nftables\n");
  const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: address };
  const quiet = { env, stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  const bus = Bun.spawn(["dbus-daemon", `--config-file=${config}`, "--nofork", "--nopidfile"], quiet);
  await eventually("a bus", () => existsSync(socket), Boolean);
  const log = ["--log-target", "file", "--log-file", join(folder, "firewalld.log")];
  const daemon = Bun.spawn(["firewalld", "--nofork", "--nopid", "--system-config", settings, ...log], quiet);
  const run = async (...args: string[]) => {
    const child = Bun.spawn(["firewall-cmd", ...args], {
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [output, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { code: await child.exited, output: output.trim(), complaint };
  };
  await eventually(
    "firewalld",
    () => run("--state"),
    ({ output }) => output === "running",
    60,
  );
  return {
    address,
    async command(...args) {
      const { code, output, complaint } = await run(...args);
      if (code !== 0) throw new Error(`firewall-cmd ${args.join(" ")}: ${complaint}${output}`);
      return output;
    },
    async stop() {
      daemon.kill();
      await daemon.exited;
      bus.kill();
      await bus.exited;
    },
  };
}
