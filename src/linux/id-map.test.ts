import { expect, test } from "bun:test";
import { containerOwner, hostOwner, hostRoot, type IDMap } from "./id-map.ts";

const map: IDMap = {
  uids: [
    { containerID: 0, hostID: 100_000, size: 1000 },
    { containerID: 1000, hostID: 500_000, size: 10 },
  ],
  gids: [{ containerID: 0, hostID: 200_000, size: 100 }],
};

test("owners go through the range that they are in, both ways", () => {
  expect(hostRoot(map)).toEqual({ uid: 100_000, gid: 200_000 });
  expect(hostOwner(map, { uid: 1009, gid: 99 })).toEqual({ uid: 500_009, gid: 200_099 });
  expect(containerOwner(map, { uid: 500_009, gid: 200_099 })).toEqual({ uid: 1009, gid: 99 });
});

test("what is not in the map cannot be given away, and belongs to nobody inside", () => {
  expect(() => hostOwner(map, { uid: 1010, gid: 0 })).toThrow(
    "Container ID 1010 cannot be mapped to a host ID",
  );
  expect(() => hostOwner(map, { uid: 0, gid: 100 })).toThrow("Container ID 100 cannot");
  expect(containerOwner(map, { uid: 0, gid: 0 })).toEqual({ uid: 65534, gid: 65534 });
});

test("without a map an owner is an owner", () => {
  expect(hostOwner(undefined, { uid: 7, gid: 8 })).toEqual({ uid: 7, gid: 8 });
  expect(containerOwner(undefined, { uid: 7, gid: 8 })).toEqual({ uid: 7, gid: 8 });
});
