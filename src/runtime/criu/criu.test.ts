import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseFlags } from "../../flags/flags.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { FLAGS as CHECKPOINT_FLAGS, dumpOptions } from "../commands/checkpoint.ts";
import { FLAGS as RESTORE_FLAGS, restoreOptions } from "../commands/restore.ts";
import { commonOptions, configuration, type Options, pageServer } from "./flags.ts";
import { CriuRequest } from "./messages.ts";
import { makeMountPoint, mountPoints } from "./mount-points.ts";
import { dumpedNamespaces, restoredNamespaces } from "./namespaces.ts";
import { firstError } from "./session.ts";
import { fileName, inheritedStreams, outsideFiles, saveStreams } from "./streams.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync("/tmp/pequod-criu-");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NEWNET = 0x40000000;

describe("flags of checkpoint and restore", () => {
  test("the network namespace is left empty, and the cgroup mode is CRIU's default", () => {
    expect(commonOptions({})).toMatchObject({ emptyNamespaces: NEWNET, manageCgroupsMode: 6 });
    expect(commonOptions({ "manage-cgroups-mode": "ignore" }).manageCgroupsMode).toBe(0);
  });
  test("what cannot be is refused", () => {
    expect(() => commonOptions({ "manage-cgroups-mode": "x" })).toThrow("Invalid manage-cgroups-mode value");
    expect(() => commonOptions({ "empty-ns": ["pid"] })).toThrow('namespace "pid" is not supported');
    expect(() => pageServer("host")).toThrow("Use --page-server ADDRESS:PORT");
  });
  test("the page server's address may be IPv6", () => {
    expect(pageServer("[::1]:27")).toEqual({ pageServer: { address: "::1", port: 27 } });
    expect(pageServer("10.0.0.1:27")).toEqual({ pageServer: { address: "10.0.0.1", port: 27 } });
  });
  test("an annotation names CRIU's configuration file, or none", () => {
    expect(configuration(undefined)).toEqual({ configFile: "/etc/criu/runc.conf" });
    expect(configuration({ "org.criu.config": "/x" })).toEqual({ configFile: "/x" });
    expect(configuration({ "org.criu.config": "" })).toEqual({});
  });
});

describe("every flag is in the request that CRIU gets", () => {
  const sent = (options: Options) => CriuRequest.decode(CriuRequest.encode({ type: 1, options })).options;
  const dump = (...args: string[]) => sent(dumpOptions(parseFlags(CHECKPOINT_FLAGS, args).values));
  const restore = (...args: string[]) => sent(restoreOptions(parseFlags(RESTORE_FLAGS, args).values));
  const common = {
    "--tcp-established": { tcpEstablished: true },
    "--ext-unix-sk": { extUnixSk: true },
    "--shell-job": { shellJob: true },
    "--lazy-pages": { lazyPages: true },
    "--file-locks": { fileLocks: true },
    "--auto-dedup": { autoDedup: true },
    "--manage-cgroups-mode=strict": { manageCgroupsMode: 5 },
    "--empty-ns=network": { emptyNamespaces: NEWNET },
  };
  const dumpOnly = {
    "--leave-running": { leaveRunning: true },
    "--pre-dump": { trackMemory: true },
    "--tcp-skip-in-flight": { tcpSkipInFlight: true },
    "--link-remap": { linkRemap: true },
    "--page-server=127.0.0.1:27": { pageServer: { address: "127.0.0.1", port: 27 } },
  };
  const restoreOnly = {
    "--lsm-profile=apparmor:x": { lsmProfile: "apparmor:x" },
    "--lsm-mount-context=c": { lsmMountContext: "c" },
  };
  test.each(Object.entries({ ...common, ...dumpOnly }))("checkpoint %s", (flag, option) => {
    expect(dump(flag)).toMatchObject(option);
    if (!flag.startsWith("--empty-ns")) expect(dump()).not.toMatchObject(option);
  });
  test.each(Object.entries({ ...common, ...restoreOnly }))("restore %s", (flag, option) => {
    expect(restore(flag)).toMatchObject(option);
    if (!flag.startsWith("--empty-ns")) expect(restore()).not.toMatchObject(option);
  });
});

test("zero is written where CRIU tells it from nothing", () => {
  const bytes = CriuRequest.encode({ type: 1, options: { imagesDirFd: 5, manageCgroupsMode: 0 } });
  expect(CriuRequest.decode(bytes).options?.manageCgroupsMode).toBe(0);
  expect(
    CriuRequest.decode(CriuRequest.encode({ type: 1, options: {} })).options?.manageCgroupsMode,
  ).toBeUndefined();
});

test("firstError() is the first line that says what went wrong", () => {
  expect(
    firstError("(00.1) fine\n(00.2)      1: Error (criu/mount.c:29): mnt: no\n(00.3) Error (x): y\n"),
  ).toBe("mnt: no");
  expect(firstError("all is well")).toBe("");
});

describe("streams", () => {
  test("a file has CRIU's name for it", () => {
    expect(fileName("pos:\t0\nflags:\t0100001\nmnt_id:\t29\nino:\t4095\n")).toBe("file[1d:fff]");
    expect(fileName("pos:\t0\nmnt_id:\t29\n")).toBeUndefined();
  });
  test("pipes and files are replaced at a restore, and nothing else", () => {
    const names = ["/dev/null", "pipe:[12]", "file[1d:fff]"];
    saveStreams(folder, names);
    expect(outsideFiles(names)).toEqual(["file[1d:fff]"]);
    expect(inheritedStreams(folder)).toEqual([
      { key: "pipe:[12]", fd: 1 },
      { key: "file[1d:fff]", fd: 2 },
    ]);
  });
  test("a folder without them is no checkpoint", () => {
    expect(() => inheritedStreams("/nowhere")).toThrow("is this a folder that checkpoint has written?");
  });
});

describe("namespaces that were joined", () => {
  const spec = { linux: { namespaces: [{ type: "pid" }, { type: "network", path: "/proc/self/ns/net" }] } };
  test("the network's is named by its inode, and handed over by descriptor", () => {
    expect(dumpedNamespaces(spec as Spec, process.pid)[0]).toMatch(/^net\[\d+\]:extRootNetNS$/);
    const kept: number[] = [];
    const found = restoredNamespaces(spec as Spec, 4, (fd) => kept.push(fd));
    expect(found.inherited).toEqual([{ key: "extRootNetNS", fd: 4 }]);
    expect(kept.length).toBe(1);
  });
  test("CRIU joins the others itself, but not a cgroup namespace", () => {
    const other = (type: string) => ({ linux: { namespaces: [{ type, path: "/x" }] } }) as Spec;
    expect(restoredNamespaces(other("uts"), 4, () => {}).joined).toEqual([{ ns: "uts", nsFile: "/x" }]);
    expect(() => restoredNamespaces(other("cgroup"), 4, () => {})).toThrow("CRIU cannot join");
  });
});

describe("mount points", () => {
  const mount = (destination: string, type: string, source = "") => ({ destination, type, source });
  test("those in the root and in bind mounts are made, those of other file systems are CRIU's", () => {
    const spec = {
      mounts: [
        mount("/dev", "tmpfs"),
        mount("/dev/shm", "tmpfs"),
        mount("/data", "bind", "/host"),
        mount("/data/deep", "bind", "/more"),
      ],
    } as Spec;
    expect(mountPoints(spec, "/bundle", "/root")).toEqual([
      { root: "/root", path: "dev" },
      { root: "/root", path: "data", source: "/host" },
      { root: "/host", path: "/deep", source: "/more" },
    ]);
  });
  test("a link in the root does not lead out of it", () => {
    const root = join(folder, "root");
    mkdirSync(root);
    symlinkSync("/", join(root, "out"));
    makeMountPoint({ root, path: "out/tmp-of-test/deep" });
    expect(existsSync("/tmp-of-test")).toBe(false);
    expect(statSync(join(root, "tmp-of-test/deep")).isDirectory()).toBe(true);
  });
  test("a file is mounted on a file", () => {
    const source = join(folder, "file");
    writeFileSync(source, "");
    makeMountPoint({ root: folder, path: "new/target", source });
    expect(statSync(join(folder, "new/target")).isFile()).toBe(true);
  });
});
