import type { ContainerInspectResponse, PortBinding } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { naturalCompare } from "../format/natural.ts";
import { containerPath } from "./path.ts";

export default defineCommand({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  summary: "List port mappings of a container, or one of them",
  aliases: ["docker container port", "docker port"],
  count: { least: 1, most: 2 },
  flags: {},
  async run(cli, { args }) {
    const [name, port] = args as [string, string | undefined];
    const container = await cli.client.json<ContainerInspectResponse>("GET", containerPath(name, "/json"));
    const ports = container.NetworkSettings?.Ports ?? {};
    const lines = port
      ? linesOf(port, name, ports)
      : Object.entries(ports).flatMap(([key, bindings]) =>
          (bindings ?? []).map((binding) => `${key} -> ${address(binding)}`),
        );
    cli.out(
      lines
        .sort(naturalCompare)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return 0;
  },
});

function linesOf(port: string, container: string, ports: Record<string, PortBinding[] | null>): string[] {
  const [number, protocol = "tcp"] = port.split("/");
  if (!/^\d+$/.test(number!) || Number(number) > 65535) {
    const why = /^\d+$/.test(number!) ? "value out of range" : "invalid syntax";
    throw new Error(`Error: invalid port (${number}): strconv.ParseUint: parsing "${number}": ${why}`);
  }
  const bindings = ports[`${number}/${protocol}`];
  if (!bindings || bindings.length === 0)
    throw new Error(`Error: No public port '${port}' published for ${container}`);
  return bindings.map(address);
}

function address({ HostIp = "", HostPort = "" }: PortBinding): string {
  return HostIp.includes(":") ? `[${HostIp}]:${HostPort}` : `${HostIp}:${HostPort}`;
}
