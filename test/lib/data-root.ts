/** A data root that stock and our engine take over from each other, as a suite for any storage driver. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type RunningEngine, startChain } from "../../hack/lib/chain.ts";
import { STOCK_CLIENT, startStockEngine } from "../../hack/lib/stock-engine.ts";
import { BIN } from "./engine.ts";
import { type LayeredImage, LISTING } from "./layered-image.ts";

export interface DataRootOptions {
  /** Storage driver. */
  driver: string;
  /** With image.tar and busybox.tar in it. */
  work(): string;
  image(): LayeredImage;
  /** Empty. */
  root(): string;
  /** Flags of both daemons. */
  flags: string[];
  /** Try networks as well, with a pair of interfaces that is made for it. */
  wired: boolean;
  /** Names of the layers on disk. */
  layers(): string[];
}

const PARENTS: Record<string, string> = { stock: "pq-stock", ours: "pq-ours" };
const SUBNETS: Record<string, string> = { stock: "10.91.0", ours: "10.92.0" };
const SHOW_ADDRESS = ["ip", "-o", "-4", "address", "show", "eth0"];

type Docker = (...args: string[]) => string;
type Whose = "stock" | "ours";

/** Runs one engine on the root. Errors: those of a client that fails, with its words. */
export async function withEngine(
  { driver, work, root, flags }: Pick<DataRootOptions, "driver" | "work" | "root" | "flags">,
  whose: Whose,
  use: (docker: Docker) => void,
): Promise<void> {
  const folder = join(work(), `${driver}-${whose}`);
  mkdirSync(folder, { recursive: true });
  const engine: RunningEngine =
    whose === "stock"
      ? await startStockEngine({ folder, dataRoot: root(), flags })
      : await startChain({
          folder,
          client: STOCK_CLIENT,
          daemonPrograms: BIN,
          flags: ["--data-root", root(), ...flags],
        });
  try {
    use((...args) => {
      const { code, output } = engine.docker(...args);
      if (code !== 0) throw new Error(`${whose}: docker ${args.join(" ")}: ${output}`);
      return output.trim();
    });
  } finally {
    await engine.stop();
  }
}

/** Registers the tests; call it within describe(). `work` and the rest must be there when they run. */
export function dataRootSuite(options: DataRootOptions): void {
  const { driver, wired } = options;
  beforeAll(() => {
    if (!wired) return;
    Bun.spawnSync(["ip", "link", "add", PARENTS["stock"]!, "type", "veth", "peer", "name", PARENTS["ours"]!]);
    for (const name of Object.values(PARENTS)) Bun.spawnSync(["ip", "link", "set", name, "up"]);
  });
  afterAll(() => {
    if (wired) Bun.spawnSync(["ip", "link", "delete", PARENTS["stock"]!]);
  });

  const makeNetworks = (docker: Docker, who: string) => {
    const subnet = SUBNETS[who]!;
    docker("network", "create", "--label", `by=${who}`, "--subnet", `${subnet}.0/24`, `net-${who}`);
    docker("network", "create", "--internal", `auto-${who}`);
    const wire = ["--subnet", `${subnet.replace("10.", "10.1")}.0/24`, "-o", `parent=${PARENTS[who]}`];
    docker("network", "create", "-d", "macvlan", "--label", `by=${who}`, ...wire, `mac-${who}`);
    docker("run", "--name", `maced-${who}`, "--network", `mac-${who}`, "busybox", ...SHOW_ADDRESS);
    docker(
      "network",
      "create",
      "-d",
      "ipvlan",
      "-o",
      "ipvlan_mode=l3",
      "-o",
      `parent=${PARENTS[who]}`,
      `ip-${who}`,
    );
    docker("run", "--name", `wired-${who}`, "--network", `net-${who}`, "busybox", ...SHOW_ADDRESS);
  };

  const checkNetworks = (docker: Docker, who: string) => {
    const subnet = SUBNETS[who]!;
    const format = "{{.Labels.by}} {{(index .IPAM.Config 0).Subnet}} {{.Internal}}";
    expect(docker("network", "inspect", "-f", format, `net-${who}`)).toBe(`${who} ${subnet}.0/24 false`);
    expect(docker("network", "inspect", "-f", "{{.Internal}}", `auto-${who}`)).toBe("true");
    expect(docker("start", "-a", `wired-${who}`)).toContain(`inet ${subnet}.2/24`);
    const wire = "{{.Driver}} {{.Options.parent}} {{(index .IPAM.Config 0).Subnet}} {{.Labels.by}}";
    const macSubnet = subnet.replace("10.", "10.1");
    expect(docker("network", "inspect", "-f", wire, `mac-${who}`)).toBe(
      `macvlan ${PARENTS[who]} ${macSubnet}.0/24 ${who}`,
    );
    expect(docker("start", "-a", `maced-${who}`)).toContain(`inet ${macSubnet}.2/24`);
    expect(docker("network", "inspect", "-f", "{{.Driver}} {{.Options.ipvlan_mode}}", `ip-${who}`)).toBe(
      "ipvlan l3",
    );
  };

  /** Everything that an engine keeps, with a suffix that says who made it. */
  const make = (docker: (...args: string[]) => string, who: string) => {
    if (wired) makeNetworks(docker, who);
    docker("volume", "create", "--label", `by=${who}`, `volume-${who}`);
    const script = `cat /data/log; echo run >> /data/log; echo ${who} > /made; rm -f /etc/motd`;
    const options = ["--network", "none", "-v", `volume-${who}:/data`, "--label", `by=${who}`];
    docker("run", "--name", `box-${who}`, ...options, "layered:1", "sh", "-c", `${script} || true`);
    docker("commit", `box-${who}`, `committed:${who}`);
    docker("tag", `committed:${who}`, `other/name:${who}`);
    docker("create", "--name", `next-${who}`, "--network", "none", `committed:${who}`, "cat", "/made");
  };

  /** What must be there and work, whoever made it. */
  const check = (docker: (...args: string[]) => string, who: string, runs: number) => {
    if (wired) checkNetworks(docker, who);
    expect(docker("image", "inspect", "-f", "{{.Id}}", "layered:1")).toBe(options.image().id);
    const ids = ["committed", "other/name"].map((name) =>
      docker("image", "inspect", "-f", "{{.Id}}", `${name}:${who}`),
    );
    expect(ids[0]).toBe(ids[1]!);
    expect(docker("volume", "inspect", "-f", "{{.Labels.by}}", `volume-${who}`)).toBe(who);
    expect(
      docker("inspect", "-f", "{{.Config.Labels.by}} {{.State.Status}} {{.State.ExitCode}}", `box-${who}`),
    ).toBe(`${who} exited 0`);
    expect(docker("diff", `box-${who}`).split("\n").sort()).toEqual([
      "A /data",
      "A /made",
      "C /etc",
      "D /etc/motd",
    ]);
    expect(docker("start", "-a", `box-${who}`).split("\n")).toHaveLength(runs);
    expect(docker("start", "-a", `next-${who}`)).toBe(who);
    docker("rm", docker("create", "--name", `new-${who}`, `committed:${who}`));
  };

  let listing: string;
  test("stock's opens in ours", async () => {
    await withEngine(options, "stock", (docker) => {
      docker("load", "-i", join(options.work(), "image.tar"));
      docker("load", "-i", join(options.work(), "busybox.tar"));
      make(docker, "stock");
      listing = docker("run", "--rm", "--network", "none", "layered:1", ...LISTING);
    });
    await withEngine(options, "ours", (docker) => {
      expect(docker("info", "-f", "{{.Driver}}")).toBe(driver);
      check(docker, "stock", 1);
      expect(docker("run", "--rm", "--network", "none", "layered:1", ...LISTING)).toBe(listing);
      make(docker, "ours");
    });
  });

  test("ours opens in stock, with what stock itself had made", async () => {
    await withEngine(options, "stock", (docker) => {
      expect(docker("info", "-f", "{{.Driver}}")).toBe(driver);
      check(docker, "stock", 2);
      check(docker, "ours", 1);
      docker("save", "-o", join(options.work(), "saved.tar"), "committed:ours");
      docker("rmi", "-f", "committed:ours", "other/name:ours");
      docker("load", "-i", join(options.work(), "saved.tar"));
      docker("rm", "box-ours", "next-ours");
      if (wired) {
        docker("rm", "wired-ours", "maced-ours");
        docker("network", "rm", "net-ours", "auto-ours", "mac-ours", "ip-ours");
      }
      docker("volume", "rm", "volume-ours");
    });
  });

  test("and ours again takes everything away without a trace", async () => {
    await withEngine(options, "ours", (docker) => {
      check(docker, "stock", 3);
      expect(docker("volume", "ls", "-q")).not.toContain("volume-ours");
      docker("rm", "box-stock", "next-stock");
      if (wired) {
        const names = docker("network", "ls", "--format", "{{.Name}}").split("\n").sort();
        expect(names).toEqual(["auto-stock", "bridge", "host", "ip-stock", "mac-stock", "net-stock", "none"]);
        docker("rm", "wired-stock", "maced-stock");
        docker("network", "rm", "net-stock", "auto-stock", "mac-stock", "ip-stock");
      }
      docker("volume", "rm", "volume-stock");
      docker("image", "prune", "-af");
      expect(docker("images", "-aq")).toBe("");
    });
    expect(options.layers()).toEqual([]);
  });
}
