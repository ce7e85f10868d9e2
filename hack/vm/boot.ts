/** Boots the virtual machine under emulation and reads what its console says. */
import type { VmRoot } from "./root.ts";

export interface Boot {
  root: VmRoot;
  initramfs: string;
  disk: string;
  /** Test files, relative to the checkout. */
  files: string[];
  /** Seconds until the machine is turned off, whatever it does. */
  limit: number;
}

const KERNEL_WORDS = ["console=ttyS0", "quiet", "panic=-1", "apparmor=1", "security=apparmor", "audit=0"];
const SYSTEMD_WORDS = [
  "systemd.unified_cgroup_hierarchy=1",
  "systemd.show_status=0",
  "systemd.log_level=err",
];

/** Returns all that the console said. `line` sees each line as it comes. */
export async function boot(options: Boot, line: (text: string) => void): Promise<string> {
  const words = [...KERNEL_WORDS, ...SYSTEMD_WORDS, `pequod.files=${options.files.join(",")}`];
  const machine = Bun.spawn(
    [
      "qemu-system-x86_64",
      ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "3072", "-net", "none"],
      ...["-nographic", "-no-reboot", "-monitor", "none", "-serial", "stdio"],
      ...["-kernel", options.root.kernel, "-initrd", options.initramfs, "-append", words.join(" ")],
      ...["-drive", `file=${options.disk},if=virtio,format=raw,cache=unsafe`],
    ],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      timeout: options.limit * 1000,
      killSignal: "SIGKILL",
    },
  );
  let all = "";
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of machine.stdout) {
    const text = decoder.decode(chunk, { stream: true }).replaceAll("\r", "");
    all += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const one of lines) line(one);
  }
  await machine.exited;
  return all;
}
