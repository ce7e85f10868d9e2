import { expect, test } from "bun:test";
import { parseSaved, type Rule } from "./rule.ts";
import { baseRules, bridgeRules, portRules } from "./rules.ts";
import { changeScript, reconcileScript } from "./script.ts";

const rule = (chain: string, place: Rule["place"], spec: string): Rule => ({
  family: 4,
  table: "filter",
  chain,
  place,
  spec,
});

test("changeScript() removes first, puts new heads in their order, and ends after them", () => {
  const add = [
    rule("FORWARD", "top", "-j A"),
    rule("FORWARD", "top", "-j B"),
    rule("FORWARD", "end", "-j C"),
  ];
  expect(changeScript(add, [rule("FORWARD", "top", "-j OLD")])).toBe(
    "*filter\n-D FORWARD -j OLD\n-I FORWARD -j B\n-I FORWARD -j A\n-A FORWARD -j C\nCOMMIT\n",
  );
  expect(changeScript([], [])).toBe("");
});

const net = {
  family: 4,
  bridge: "docker0",
  subnet: "172.17.0.0/16",
  internal: false,
  icc: true,
  masquerade: true,
} as const;
const port = {
  proto: "tcp",
  hostIP: "0.0.0.0",
  hostPort: 8080,
  containerIP: "172.17.0.2",
  containerPort: 80,
} as const;
const desired = [...baseRules(true), ...bridgeRules(net, true), ...portRules(port, "docker0", true)];

/** What iptables-save would print after a script on an empty firewall. */
function applied(script: string): string {
  const chains = new Map<string, string[]>();
  let table = "";
  for (const line of script.split("\n")) {
    if (line.startsWith("*")) table = line;
    const [verb = "", chain = "", ...spec] = line.split(" ");
    const key = `${table} ${chain.replace(/^:/, "")}`;
    if (verb.startsWith(":")) chains.set(`${table} ${verb.slice(1)}`, []);
    if (verb === "-A") chains.set(key, [...(chains.get(key) ?? []), spec.join(" ")]);
    if (verb === "-I") chains.set(key, [spec.join(" "), ...(chains.get(key) ?? [])]);
  }
  const tables = [...new Set([...chains.keys()].map((key) => key.split(" ")[0]!))];
  return tables
    .map((name) => {
      const own = [...chains]
        .filter(([key]) => key.startsWith(`${name} `))
        .map(([key, rules]) => [key.split(" ")[1]!, rules] as const);
      const heads = own.map(([chain]) => `:${chain} - [0:0]`);
      return [
        name,
        ...heads,
        ...own.flatMap(([chain, rules]) => rules.map((spec) => `-A ${chain} ${spec}`)),
        "COMMIT",
        "",
      ].join("\n");
    })
    .join("");
}

test("reconcileScript() makes everything from nothing, and then has nothing to do", () => {
  const work = { family: 4 as const, desired, obsolete: [], purge: false };
  const script = reconcileScript({ ...work, saved: parseSaved("") });
  const saved = parseSaved(applied(script));
  expect(reconcileScript({ ...work, saved })).toBe("");
  expect(reconcileScript({ ...work, saved, purge: true })).toBe("");
});

test("reconcileScript() leaves others' rules where they are, and drops obsolete ones of ours", () => {
  const first = applied(
    reconcileScript({ family: 4, desired, obsolete: [], purge: false, saved: parseSaved("") }),
  );
  const foreign = first.replace(
    "-A FORWARD -j DOCKER-USER\n",
    "-A FORWARD -s 9.9.9.9/32 -j DROP\n-A FORWARD -j DOCKER-USER\n",
  );
  expect(reconcileScript({ family: 4, desired, obsolete: [], purge: true, saved: parseSaved(foreign) })).toBe(
    "",
  );
  const gone = portRules(port, "docker0", true);
  const rest = desired.filter((one) => !gone.some((other) => other.spec === one.spec));
  const script = reconcileScript({
    family: 4,
    desired: rest,
    obsolete: gone,
    purge: true,
    saved: parseSaved(first),
  });
  expect(script).toContain(
    "-D POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
  );
  expect(script).not.toContain("9.9.9.9");
});
