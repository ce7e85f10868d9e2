import { expect, test } from "bun:test";
import { linkEnvironment } from "./link-env.ts";

test("linkEnvironment() names each port, ranges of three and more, and the other's own variables", () => {
  const env = linkEnvironment({
    name: "/parent/the-db",
    address: "172.17.0.2",
    ports: ["82/tcp", "80/tcp", "81/tcp", "53/udp", "53/tcp"],
    env: ["FOO=bar", "PATH=/bin", "HOME=/", "BARE", "EMPTY="],
  });
  expect(env.slice(0, 7)).toEqual([
    "THE_DB_PORT=tcp://172.17.0.2:53",
    "THE_DB_PORT_80_TCP_START=tcp://172.17.0.2:80",
    "THE_DB_PORT_80_TCP_ADDR=172.17.0.2",
    "THE_DB_PORT_80_TCP_PROTO=tcp",
    "THE_DB_PORT_80_TCP_PORT_START=80",
    "THE_DB_PORT_80_TCP_END=tcp://172.17.0.2:82",
    "THE_DB_PORT_80_TCP_PORT_END=82",
  ]);
  expect(env).toContain("THE_DB_PORT_53_UDP_ADDR=172.17.0.2");
  expect(env.slice(-3)).toEqual(["THE_DB_NAME=/parent/the-db", "THE_DB_ENV_FOO=bar", "THE_DB_ENV_EMPTY="]);
});

test("linkEnvironment() of a container without ports tells its name alone", () => {
  expect(linkEnvironment({ name: "/a/b", address: "", ports: [], env: [] })).toEqual(["B_NAME=/a/b"]);
});
