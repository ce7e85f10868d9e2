import { expect, test } from "bun:test";
import { portsColumn } from "./ports-column.ts";

test("portsColumn() joins neighbours and shows mappings", () => {
  expect(
    portsColumn([
      { PrivatePort: 9000, Type: "tcp" },
      { PrivatePort: 91, Type: "tcp" },
      { PrivatePort: 90, Type: "tcp" },
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 80, Type: "tcp" },
      { IP: "::", PrivatePort: 80, PublicPort: 80, Type: "tcp" },
      { IP: "0.0.0.0", PrivatePort: 53, PublicPort: 5353, Type: "udp" },
    ]),
  ).toBe("90-91/tcp, 0.0.0.0:80->80/tcp, [::]:80->80/tcp, 9000/tcp, 0.0.0.0:5353->53/udp");
  expect(portsColumn([])).toBe("");
});
