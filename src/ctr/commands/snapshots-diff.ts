import type { CallOptions } from "../../grpc/client.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import { Kind, SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import { withLease } from "../image/lease.ts";
import { parseLabels } from "../labels.ts";
import { SNAPSHOTTER, snapshotterOf } from "./snapshotter.ts";

const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

export const diff = command({
  summary: "Write what a snapshot changes of its parent, or of another, to stdout as a layer",
  usage: "[flags] KEY [OTHER]",
  flags: {
    ...SNAPSHOTTER,
    "media-type": { kind: "string", help: "Its type", value: "TYPE", fallback: LAYER_TYPE },
    ref: { kind: "string", help: "The name of the upload in the daemon" },
    keep: { kind: "bool", help: "Keep it in the daemon's content" },
    label: { kind: "list", help: "A label of it there, NAME=VALUE" },
  },
  min: 1,
  max: 2,
  async run(cli, { flags, args: [key, other] }) {
    const snapshotter = snapshotterOf(flags);
    const rooted = flags.keep ? { "containerd.io/gc.root": new Date().toISOString() } : {};
    await withLease(cli, async (call) => {
      const { info } = await cli.client(SnapshotsDefinition).stat({ snapshotter, key: key! }, call);
      const isActive = info?.kind !== Kind.COMMITTED;
      const lower = { cli, call, snapshotter, name: other ?? info?.parent ?? "" };
      const upper = { cli, call, snapshotter, name: key! };
      await withView(lower, (left) =>
        (isActive ? withActive : withView)(upper, async (right) => {
          const { diff: made } = await cli.client(DiffDefinition).diff(
            {
              ...{ left, right, labels: { ...parseLabels(flags.label ?? []), ...rooted } },
              mediaType: flags["media-type"] ?? LAYER_TYPE,
              ref: flags.ref ?? `diff-${crypto.randomUUID()}`,
            },
            call,
          );
          await writeOut(cli, made!.digest);
        }),
      );
    });
    return undefined;
  },
});

interface Side {
  cli: Cli;
  call: CallOptions;
  snapshotter: string;
  /** "" for nothing. */
  name: string;
}

type Use = (mounts: Mount[]) => Promise<void>;

async function withActive({ cli, call, snapshotter, name }: Side, use: Use): Promise<void> {
  await use((await cli.client(SnapshotsDefinition).mounts({ snapshotter, key: name }, call)).mounts);
}

/** Of a committed snapshot, which is mounted by a view of it. */
async function withView({ cli, call, snapshotter, name }: Side, use: Use): Promise<void> {
  if (name === "") return use([]);
  const snapshots = cli.client(SnapshotsDefinition);
  const key = `diff-${crypto.randomUUID()}`;
  const { mounts } = await snapshots.view({ snapshotter, key, parent: name }, call);
  try {
    await use(mounts);
  } finally {
    await snapshots.remove({ snapshotter, key }, call);
  }
}

async function writeOut(cli: Cli, digest: string): Promise<void> {
  const stdout = Bun.stdout.writer();
  for await (const { data } of cli.client(ContentDefinition).read({ digest }, cli.longCall)) {
    stdout.write(data);
    await stdout.flush();
  }
  await stdout.end();
}
