/** What must not be left when all containers are removed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type ChaosChain, processes } from "./chain.ts";

function mountsBelow(chain: ChaosChain): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(chain.at("")) && !path.endsWith("/netns/default"));
}

function cgroupsOf(ids: readonly string[]): string[] {
  const hierarchies = ["", ...readdirSync("/sys/fs/cgroup")].map((name) => `/sys/fs/cgroup/${name}/docker`);
  return hierarchies
    .flatMap((folder) => ids.map((id) => `${folder}/${id}`))
    .filter((path) => existsSync(path));
}

function fifosBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFIFO())
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}

function output(...command: string[]): string[] {
  return Bun.spawnSync(command).stdout.toString().split("\n").filter(Boolean);
}

/** Published addresses and isolation of containers; what belongs to a network stays. */
const containerRules = () =>
  output("iptables-save").filter((line) => line.includes("DNAT") || /-d 172\.17\.0\.\d+\/32/.test(line));

/** Each with its kind; empty when all is clean. */
export function leftovers(chain: ChaosChain, ids: readonly string[]): string[] {
  const shims = processes().filter(
    ({ argv }) =>
      argv[0]?.endsWith("docker-containerd-shim") && argv.some((arg) => arg.includes(chain.folder)),
  );
  const bundles = [
    ...new Bun.Glob("*/*").scanSync({
      cwd: chain.at("c-state/io.containerd.runtime.v2.task"),
      onlyFiles: false,
      dot: true,
    }),
  ];
  const told = (kind: string, found: readonly unknown[]) => found.map((what) => `${kind} ${what}`);
  return [
    ...told("mount", mountsBelow(chain)),
    ...told("cgroup", cgroupsOf(ids)),
    ...told("FIFO", fifosBelow(chain.at("exec"))),
    ...told(
      "interface",
      output("ip", "-o", "link").filter((line) => / veth/.test(line)),
    ),
    ...told("iptables rule", containerRules()),
    ...told(
      "shim",
      shims.map(({ pid }) => pid),
    ),
    ...told("bundle", bundles),
  ];
}
