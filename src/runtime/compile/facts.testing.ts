/** Facts and a configuration for tests of the compiler: nothing of the host is looked at. */
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Facts } from "./facts.ts";

/** Facts of a machine with both versions of cgroups, for tests. */
export function testFacts(change: Partial<Facts> = {}): Facts {
  return {
    id: "box",
    bundle: "/bundle",
    cgroup: [
      { version: 1, controllers: ["memory"], path: "/sys/fs/cgroup/memory/box" },
      { version: 2, controllers: [], path: "/sys/fs/cgroup/unified/box" },
    ],
    hierarchies: [
      { version: 1, controllers: ["memory"], mountpoint: "/sys/fs/cgroup/memory", root: "/" },
      { version: 2, controllers: [], mountpoint: "/sys/fs/cgroup/unified", root: "/" },
    ],
    fds: { fifo: 3 },
    pidFile: false,
    preserveFds: 0,
    noPivot: false,
    noNewKeyring: false,
    knownCapabilities: (1n << 41n) - 1n,
    appArmor: false,
    selinux: false,
    kcore: false,
    rootless: false,
    umask: 0o22,
    ...change,
  };
}

/** The least that can be run. */
export function testSpec(change: (spec: Spec) => void = () => {}): Spec {
  const spec: Spec = {
    ociVersion: "1.2.0",
    process: { user: { uid: 0, gid: 0 }, args: ["sh"], env: ["PATH=/bin", "HOME=/root"], cwd: "/" },
    root: { path: "rootfs" },
    linux: { namespaces: [{ type: "mount" }, { type: "pid" }] },
  };
  change(spec);
  return spec;
}
