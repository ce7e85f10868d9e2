import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOf } from "../../errors/errors.ts";
import { createLogger } from "../../log/log.ts";
import { EventBus } from "../events/bus.ts";
import { ANONYMOUS_LABEL, LocalVolumes } from "./store.ts";

let root: string;
let volumes: LocalVolumes;
const open = () => new LocalVolumes(root, new EventBus(), createLogger({ level: "fatal" }));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "volumes-"));
  volumes = open();
});
afterEach(() => rmSync(root, { recursive: true }));

const kind = async (promise: Promise<unknown>) =>
  kindOf(
    await promise.then(
      () => undefined,
      (e: unknown) => e,
    ),
  );

describe("LocalVolumes", () => {
  test("a volume is there after a restart, with its labels", async () => {
    await volumes.create({ Name: "data", Labels: { a: "b" } });
    expect(open().get("data")).toMatchObject({
      Name: "data",
      Labels: { a: "b" },
      Mountpoint: join(root, "data/_data"),
    });
  });
  test("creating it again returns the same one, whatever the options, as with stock", async () => {
    const first = await volumes.create({ Name: "data" });
    expect(await volumes.create({ Name: "data" })).toEqual(first);
    const DriverOpts = { type: "tmpfs", device: "tmpfs" };
    expect(await volumes.create({ Name: "data", DriverOpts })).toEqual(first);
  });
  test("refuses bad names, drivers and options, and leaves nothing behind", async () => {
    expect(await kind(volumes.create({ Name: "../x" }))).toBe("invalidArgument");
    expect(await kind(volumes.create({ Name: "xx", Driver: "nope" }))).toBe("notFound");
    expect(await kind(volumes.create({ Name: "xx", DriverOpts: { foo: "1" } }))).toBe("invalidArgument");
    expect(readdirSync(root)).toEqual([]);
  });
  test("a volume in use cannot be removed", async () => {
    await volumes.create({ Name: "data" });
    volumes.reference("data", "abc");
    expect(await kind(volumes.remove("data"))).toBe("conflict");
    volumes.release("abc");
    await volumes.remove("data");
    expect(existsSync(join(root, "data"))).toBe(false);
    expect(await kind(volumes.remove("data"))).toBe("notFound");
    await volumes.remove("data", true);
  });
  test("a volume without a name is marked as anonymous", async () => {
    const volume = await volumes.create({});
    expect(volume.Name).toMatch(/^[0-9a-f]{64}$/);
    expect(volume.Labels).toEqual({ [ANONYMOUS_LABEL]: "" });
  });
  test("mounts what the options name while somebody uses it", async () => {
    await volumes.create({ Name: "tmp", DriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=64k" } });
    const path = await volumes.mount("tmp", "one");
    await volumes.mount("tmp", "two");
    writeFileSync(join(path, "x"), "");
    await volumes.unmount("tmp", "one");
    expect(readdirSync(path)).toEqual(["x"]);
    await volumes.unmount("tmp", "two");
    expect(readdirSync(path)).toEqual([]);
  });
});
