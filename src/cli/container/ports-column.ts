import type { Port } from "../../api/schema.ts";

const joined = (ip: string, port: string) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

interface Group {
  key: string;
  first: number;
  last: number;
}

/** The ports of a container as `docker ps` has them: "0.0.0.0:80->80/tcp, 90-92/tcp". */
export function portsColumn(ports: readonly Port[]): string {
  const groups = new Map<string, Group>();
  const finished: string[] = [];
  const mappings: string[] = [];
  for (const port of [...ports].sort(compare)) {
    const { IP: ip = "", PrivatePort: inside, PublicPort: outside = 0, Type: type } = port;
    if (ip !== "" && outside !== inside) {
      mappings.push(`${joined(ip, String(outside))}->${inside}/${type}`);
      continue;
    }
    const key = ip === "" ? type : `${ip}/${type}`;
    const group = groups.get(key);
    if (group && inside === group.last + 1) {
      group.last = inside;
      continue;
    }
    if (group) finished.push(groupText(group));
    if (group) Object.assign(group, { first: inside, last: inside });
    else groups.set(key, { key, first: inside, last: inside });
  }
  return [...finished, ...[...groups.values()].map(groupText), ...mappings].join(", ");
}

function compare(a: Port, b: Port): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  const [left, right] = [a.IP ?? "", b.IP ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return (a.PublicPort ?? 0) - (b.PublicPort ?? 0) || (a.Type < b.Type ? -1 : a.Type > b.Type ? 1 : 0);
}

function groupText({ key, first, last }: Group): string {
  const slash = key.indexOf("/");
  const range = first === last ? String(first) : `${first}-${last}`;
  if (slash < 0) return `${range}/${key}`;
  return `${joined(key.slice(0, slash), range)}->${range}/${key.slice(slash + 1)}`;
}
