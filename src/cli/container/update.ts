import type { ContainerUpdateResponse } from "../../api/schema.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { CONTAINER_FLAGS } from "./options/flags.ts";
import { parseRestartPolicy } from "./options/restart.ts";
import { containerPath } from "./path.ts";

const FLAGS = {
  "blkio-weight": CONTAINER_FLAGS["blkio-weight"],
  "cpu-period": CONTAINER_FLAGS["cpu-period"],
  "cpu-quota": CONTAINER_FLAGS["cpu-quota"],
  "cpu-rt-period": CONTAINER_FLAGS["cpu-rt-period"],
  "cpu-rt-runtime": CONTAINER_FLAGS["cpu-rt-runtime"],
  "cpu-shares": CONTAINER_FLAGS["cpu-shares"],
  cpus: CONTAINER_FLAGS.cpus,
  "cpuset-cpus": CONTAINER_FLAGS["cpuset-cpus"],
  "cpuset-mems": CONTAINER_FLAGS["cpuset-mems"],
  "kernel-memory": { ...CONTAINER_FLAGS["kernel-memory"], hidden: true },
  memory: CONTAINER_FLAGS.memory,
  "memory-reservation": CONTAINER_FLAGS["memory-reservation"],
  "memory-swap": CONTAINER_FLAGS["memory-swap"],
  "pids-limit": CONTAINER_FLAGS["pids-limit"],
  restart: { kind: "string", help: "Restart policy" },
} as const;

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Change limits and restart policy of one or more containers",
  aliases: ["docker container update", "docker update"],
  count: { least: 1 },
  flags: FLAGS,
  async run(cli, { args, flags, given }) {
    if (given.size === 0) throw new Error("you must provide one or more flags when using this command");
    const json = {
      BlkioWeight: flags["blkio-weight"] ?? 0,
      CpuPeriod: flags["cpu-period"] ?? 0,
      CpuQuota: flags["cpu-quota"] ?? 0,
      CpuRealtimePeriod: flags["cpu-rt-period"] ?? 0,
      CpuRealtimeRuntime: flags["cpu-rt-runtime"] ?? 0,
      CpuShares: flags["cpu-shares"] ?? 0,
      NanoCpus: flags.cpus ?? 0,
      CpusetCpus: flags["cpuset-cpus"] ?? "",
      CpusetMems: flags["cpuset-mems"] ?? "",
      Memory: flags.memory ?? 0,
      MemoryReservation: flags["memory-reservation"] ?? 0,
      MemorySwap: flags["memory-swap"] ?? 0,
      ...(flags["pids-limit"] === undefined ? {} : { PidsLimit: flags["pids-limit"] }),
      RestartPolicy: given.has("restart") ? parseRestartPolicy(flags.restart ?? "") : { Name: "" },
    };
    const warnings: string[] = [];
    const errors: string[] = [];
    for (const name of args) {
      try {
        const path = containerPath(name, "/update");
        const answer = await cli.client.json<ContainerUpdateResponse>("POST", path, { json });
        cli.out(`${name}\n`);
        warnings.push(...(answer.Warnings ?? []));
      } catch (error) {
        errors.push(describe(error));
      }
    }
    if (warnings.length > 0) cli.out(`${warnings.join("\n")}\n`);
    if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
    return 0;
  },
});
