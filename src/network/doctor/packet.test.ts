import { expect, test } from "bun:test";
import { forwardChains } from "./facts.ts";
import { type Chains, follow, matches, type Packet } from "./packet.ts";

const packet: Packet = {
  in: "docker0",
  out: "eth0",
  source: "172.17.0.2",
  destination: undefined,
  proto: "tcp",
  port: 80,
};

test.each([
  ["-i docker0 ! -o docker0 -j ACCEPT", "yes"],
  ["-i docker0 -o docker0 -j ACCEPT", "no"],
  ["-s 172.17.0.0/16 -j DROP", "yes"],
  ["! -s 172.17.0.0/16 -j DROP", "no"],
  ["-d 10.0.0.0/8 -j DROP", "maybe"],
  ["-p tcp -m tcp --dport 80 -j DROP", "yes"],
  ["-p udp -m udp --dport 80 -j DROP", "no"],
  ["-p tcp -m tcp --dport 8000:9000 -j DROP", "no"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "no"],
  ["-m limit --limit 3/min -j DROP", "maybe"],
  ['-m comment --comment "mine, and -j DROP" -j DROP', "yes"],
  ["-i dock+ -j DROP", "yes"],
])("matches() says of %s: %s", (spec, match) => {
  expect(matches(spec, packet)).toBe(match as "yes");
});

function chains(rules: Record<string, string[]>, policy = "DROP"): Chains {
  return { rules: (chain) => rules[chain], policy: () => policy };
}

test("follow() goes through chains and back, and names what decides", () => {
  const found = chains({
    FORWARD: ["-j DOCKER-USER", "-i docker0 -j ACCEPT"],
    "DOCKER-USER": ["-s 9.9.9.9/32 -j DROP", "-j RETURN"],
  });
  expect(follow(found, "FORWARD", packet)).toEqual({
    verdict: "ACCEPT",
    by: "-A FORWARD -i docker0 -j ACCEPT",
    certain: true,
  });
  const dropped = chains({
    FORWARD: ["-j USER", "-j ACCEPT"],
    USER: ["-p tcp -j REJECT --reject-with tcp-reset"],
  });
  expect(follow(dropped, "FORWARD", packet).by).toBe("-A USER -p tcp -j REJECT --reject-with tcp-reset");
  expect(follow(chains({ FORWARD: [] }), "FORWARD", packet)).toMatchObject({
    verdict: "DROP",
    by: "policy of FORWARD",
  });
  const perhaps = chains({ FORWARD: ["-m limit --limit 3/min -j DROP", "-j ACCEPT"] });
  expect(follow(perhaps, "FORWARD", packet)).toMatchObject({ verdict: "ACCEPT", certain: false });
});

test("follow() ends where chains jump in a circle", () => {
  expect(follow(chains({ FORWARD: ["-j A"], A: ["-j A"] }), "FORWARD", packet).verdict).toBe("DROP");
});

test("forwardChains() finds the chains of others that see forwarded packets", () => {
  const ruleset = `table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
	}
}
table inet mine {
	chain input {
		type filter hook input priority filter; policy accept;
	}
	chain passing {
		type filter hook forward priority filter; policy drop;
		ct state established accept
	}
}
`;
  expect(forwardChains(ruleset)).toEqual([
    {
      table: "inet mine",
      chain: "passing",
      text: "type filter hook forward priority filter; policy drop;\nct state established accept\n",
    },
  ]);
});
