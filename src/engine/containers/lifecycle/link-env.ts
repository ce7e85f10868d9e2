/** The variables that --link gives a container on the default bridge: where the other one is, and what its own are. */

export interface Linked {
  /** "/container/alias" */
  name: string;
  address: string;
  /** "80/tcp" */
  ports: readonly string[];
  env: readonly string[];
}

interface Port {
  number: number;
  protocol: string;
}

/** As every engine since 0.6 names them. */
export function linkEnvironment({ name, address, ports, env }: Linked): string[] {
  const alias = name
    .slice(name.lastIndexOf("/") + 1)
    .toUpperCase()
    .replaceAll("-", "_");
  const sorted = ports.map(parsePort).toSorted(byNumber);
  const url = ({ number, protocol }: Port) => `${protocol}://${address}:${number}`;
  const [first] = sorted;
  return [
    ...(first ? [`${alias}_PORT=${url(first)}`] : []),
    ...rangesOf(sorted).flatMap(([from, to]) => {
      const prefix = `${alias}_PORT_${from.number}_${from.protocol.toUpperCase()}`;
      return [
        `${prefix}_START=${url(from)}`,
        `${prefix}_ADDR=${address}`,
        `${prefix}_PROTO=${from.protocol}`,
        `${prefix}_PORT_START=${from.number}`,
        `${prefix}_END=${url(to)}`,
        `${prefix}_PORT_END=${to.number}`,
      ];
    }),
    ...sorted.flatMap((port) => {
      const prefix = `${alias}_PORT_${port.number}_${port.protocol.toUpperCase()}`;
      return [
        `${prefix}=${url(port)}`,
        `${prefix}_ADDR=${address}`,
        `${prefix}_PORT=${port.number}`,
        `${prefix}_PROTO=${port.protocol}`,
      ];
    }),
    `${alias}_NAME=${name}`,
    ...env.filter((entry) => /^(?!HOME=|PATH=)[^=]+=/.test(entry)).map((entry) => `${alias}_ENV_${entry}`),
  ];
}

function parsePort(text: string): Port {
  const [number = "", protocol = "tcp"] = text.split("/");
  return { number: Number(number), protocol };
}

/** TCP first where both have a number. */
function byNumber(a: Port, b: Port): number {
  return a.number - b.number || Number(b.protocol === "tcp") - Number(a.protocol === "tcp");
}

/** Runs of at least three ports in a row, as stock counts them. */
function rangesOf(ports: readonly Port[]): [Port, Port][] {
  const ranges: [Port, Port][] = [];
  for (let i = 0; i < ports.length; ) {
    let last = i;
    while (last + 1 < ports.length && ports[last + 1]!.number <= ports[i]!.number + (last + 1 - i)) last++;
    if (last > i + 1) ranges.push([ports[i]!, ports[last]!]);
    i = last > i + 1 ? last + 1 : i + 1;
  }
  return ranges;
}
