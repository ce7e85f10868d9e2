import { invalidArgument } from "../../errors/errors.ts";
import { type CallContext, service } from "../../grpc/server.ts";
import {
  type PrepareSnapshotRequest,
  SnapshotsDefinition,
} from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { EventExchange } from "../events/exchange.ts";
import type { Collector } from "../gc/collector.ts";
import { checkMask, maskedLabels } from "../metadata/field-mask.ts";
import type { LeaseStore } from "../metadata/leases.ts";
import { namespaceOf } from "../metadata/validate.ts";
import type { Snapshotters } from "../snapshots/all.ts";
import { KIND, type Snapshot } from "../snapshots/snapshot.ts";
import { fromMillis } from "../timestamp.ts";

const PAGE = 100;

const wire = (snapshot: Snapshot) => ({
  name: snapshot.name,
  parent: snapshot.parent,
  kind: snapshot.kind as number,
  createdAt: fromMillis(snapshot.createdAt),
  updatedAt: fromMillis(snapshot.updatedAt),
  labels: snapshot.labels,
});

/** containerd.services.snapshots.v1. What a call with a lease makes is kept by that lease. */
export function snapshotsService(
  snapshotters: Snapshotters,
  leases: LeaseStore,
  events: EventExchange,
  collector: Collector,
) {
  const keep = (namespace: string, snapshotter: string, id: string, { lease }: CallContext) => {
    if (lease !== "") leases.addResource(namespace, lease, { type: `snapshots/${snapshotter}`, id });
  };
  const prepare = async (
    kind: typeof KIND.active | typeof KIND.view,
    { snapshotter, key, parent, labels }: PrepareSnapshotRequest,
    context: CallContext,
  ) => {
    const namespace = namespaceOf(context);
    const mounts = await snapshotters.get(snapshotter).prepare(namespace, kind, key, parent, labels);
    keep(namespace, snapshotter, key, context);
    events.publish(namespace, "/snapshot/prepare", { key, parent, snapshotter });
    return { mounts };
  };
  return service(SnapshotsDefinition, () => ({
    prepare: (request, context) => prepare(KIND.active, request, context),
    view: (request, context) => prepare(KIND.view, request, context),
    mounts: ({ snapshotter, key }, context) => ({
      mounts: snapshotters.get(snapshotter).mounts(namespaceOf(context), key),
    }),
    async commit({ snapshotter, name, key, labels }, context) {
      const namespace = namespaceOf(context);
      await snapshotters.get(snapshotter).commit(namespace, name, key, labels);
      keep(namespace, snapshotter, name, context);
      events.publish(namespace, "/snapshot/commit", { key, name, snapshotter });
      return {};
    },
    async remove({ snapshotter, key }, context) {
      const namespace = namespaceOf(context);
      await snapshotters.get(snapshotter).remove(namespace, key);
      events.publish(namespace, "/snapshot/remove", { key, snapshotter });
      return {};
    },
    stat: ({ snapshotter, key }, context) => ({
      info: wire(snapshotters.get(snapshotter).stat(namespaceOf(context), key)),
    }),
    update({ snapshotter, info, updateMask }, context) {
      if (!info) throw invalidArgument("info is missing in the request: invalid argument");
      checkMask(updateMask?.paths, ["labels"], `snapshot ${JSON.stringify(info.name)}`);
      const namespace = namespaceOf(context);
      const store = snapshotters.get(snapshotter);
      const labels = maskedLabels(store.stat(namespace, info.name).labels, info.labels, updateMask?.paths);
      return { info: wire(store.setLabels(namespace, info.name, labels)) };
    },
    async *list({ snapshotter, filters }, context) {
      const all = snapshotters.get(snapshotter).list(namespaceOf(context), filters).map(wire);
      for (let at = 0; at < all.length; at += PAGE) yield { info: all.slice(at, at + PAGE) };
    },
    async usage({ snapshotter, key }, context) {
      const { size, inodes } = await snapshotters.get(snapshotter).usage(namespaceOf(context), key);
      return { size: BigInt(size), inodes: BigInt(inodes) };
    },
    async cleanup({ snapshotter }) {
      await collector.after(true);
      await snapshotters.get(snapshotter).removeUnknownFolders();
      return {};
    },
  }));
}
