import { expect, test } from "bun:test";
import { mountOf } from "./propagation.ts";

const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:5 / /srv rw - tmpfs tmpfs rw
31 30 0:6 / /srv/deep rw shared:7 master:1 - tmpfs tmpfs rw
`;

test("mountOf() finds the innermost mount that holds a path, with its optional fields", () => {
  expect(mountOf("/srv/deep/er", MOUNTS)).toEqual({ at: "/srv/deep", options: ["shared:7", "master:1"] });
  expect(mountOf("/srv/deeper", MOUNTS)).toEqual({ at: "/srv", options: [] });
  expect(mountOf("/etc", MOUNTS)).toEqual({ at: "/", options: ["shared:1"] });
});
