import { describe, expect, test } from "bun:test";
import { effectiveCapabilities } from "./capabilities.ts";
import { checkDeviceRule, checkHost, checkSysctl, checkUlimit } from "./checks.ts";
import { splitCsv } from "./csv.ts";
import { parseDevice, parseGpus, parseThrottle } from "./devices.ts";
import { parseMount } from "./mounts.ts";
import { endpointOf, isMac, parseAttachment } from "./network.ts";
import { parsePorts } from "./ports.ts";
import { parseRestartPolicy } from "./restart.ts";
import { parseVolumes } from "./volumes.ts";

describe("--publish and --expose", () => {
  test("single ports, ranges, addresses and protocols", () => {
    const { exposed, bindings } = parsePorts(["80", "127.0.0.1:8080:81/udp", "[::1]:1-2:3-4"], ["9-10"]);
    expect(Object.keys(exposed).sort()).toEqual(["10/tcp", "3/tcp", "4/tcp", "80/tcp", "81/udp", "9/tcp"]);
    expect(bindings).toEqual({
      "80/tcp": [{ HostIp: "", HostPort: "" }],
      "81/udp": [{ HostIp: "127.0.0.1", HostPort: "8080" }],
      "3/tcp": [{ HostIp: "::1", HostPort: "1" }],
      "4/tcp": [{ HostIp: "::1", HostPort: "2" }],
    });
  });
  test("refuses ranges of different lengths", () => {
    expect(() => parsePorts(["1-2:1-3"], [])).toThrow("invalid ranges specified");
  });
});

test("--volume tells binds, names and anonymous volumes apart", () => {
  const { binds, anonymous } = parseVolumes(["/a:/b:ro", "name:/c", "/d", "./x:/e", "/d"]);
  expect(binds).toEqual(["/a:/b:ro", "name:/c", `${process.cwd()}/x:/e`]);
  expect(anonymous).toEqual({ "/d": {} });
  expect(() => parseVolumes(["aa:bb:cc:dd"])).toThrow("invalid spec: aa:bb:cc:dd: too many colons");
  expect(() => parseVolumes([":/x"])).toThrow("empty section between colons");
});

test("--mount reads fields and refuses those of another type", () => {
  expect(parseMount("type=bind,src=/a,dst=/b,ro")).toEqual({
    Type: "bind",
    Source: "/a",
    Target: "/b",
    ReadOnly: true,
  });
  expect(() => parseMount("type=bind,src=/a,dst=/b,tmpfs-size=1")).toThrow("cannot mix 'tmpfs-*' options");
  expect(() => parseMount("type=volume")).toThrow("target is required");
});

test("--network reads the long form", () => {
  const attachment = parseAttachment("name=net,alias=a,alias=b,ip=10.0.0.1,gw-priority=3,driver-opt=k=v");
  expect(endpointOf(attachment)).toEqual({
    GwPriority: 3,
    Aliases: ["a", "b"],
    DriverOpts: { k: "v" },
    IPAMConfig: { IPv4Address: "10.0.0.1", IPv6Address: "", LinkLocalIPs: [] },
  });
  expect(endpointOf(parseAttachment("host"))).toEqual({});
  expect(() => parseAttachment("name=a,nope=1")).toThrow("invalid field key nope");
  expect(() => endpointOf(parseAttachment("name=host,alias=a"))).toThrow("only supported for user-defined");
  expect([isMac("02:42:ac:11:00:02"), isMac("0242.ac11.0002"), isMac("x")]).toEqual([true, true, false]);
});

test("--device, --device-read-bps and --gpus", () => {
  expect(parseDevice("/dev/a:/dev/b:rw")).toEqual({
    PathOnHost: "/dev/a",
    PathInContainer: "/dev/b",
    CgroupPermissions: "rw",
  });
  expect(parseDevice("/dev/a:r").CgroupPermissions).toBe("r");
  expect(() => parseDevice("a")).toThrow("a is not an absolute path");
  expect(parseThrottle("/dev/sda:1mb", true)).toEqual({ Path: "/dev/sda", Rate: 1048576 });
  expect(parseGpus("all").Count).toBe(-1);
  expect(parseGpus('"device=0,1"')).toMatchObject({ Count: 0, DeviceIDs: ["0", "1"] });
  expect(() => parseGpus("count=1,count=2")).toThrow("can be specified only once");
});

test("--restart and capabilities", () => {
  expect(parseRestartPolicy("on-failure:3")).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
  expect(() => parseRestartPolicy(":3")).toThrow("no policy provided before colon");
  expect(effectiveCapabilities(["net_admin", "ALL"], ["CAP_CHOWN", "chown"])).toEqual({
    CapAdd: ["ALL"],
    CapDrop: ["CAP_CHOWN"],
  });
});

test("checks of single values", () => {
  expect(checkHost("a=::1")).toBe("a:::1");
  expect(() => checkHost("a")).toThrow("bad format for add-host");
  expect(() => checkSysctl("a.b=1")).toThrow("sysctl 'a.b=1' is not allowed");
  expect(() => checkUlimit("nofile=2:1")).toThrow("soft limit must be less than or equal to hard limit");
  expect(() => checkDeviceRule("x")).toThrow("invalid device cgroup format 'x'");
});

test("splitCsv() takes quoted fields with commas", () => {
  expect(splitCsv('a,"b,""c""",')).toEqual(["a", 'b,"c"', ""]);
});
