import { invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import type { ContentStore } from "../content/store.ts";
import type { LeaseStore } from "../metadata/leases.ts";
import { namespaceOf } from "../metadata/validate.ts";

/** The archive code is loaded when a layer is first applied or made. */
export const diffService = (content: ContentStore, leases: LeaseStore) =>
  service(DiffDefinition, () => ({
    async apply({ diff, mounts }, context) {
      if (!diff) throw invalidArgument("diff is missing in the request: invalid argument");
      const { applyDiff } = await import("../diff/apply.ts");
      return { applied: await applyDiff(content, namespaceOf(context), diff, mounts, context.signal) };
    },
    async diff({ left, right, mediaType, ref, labels }, context) {
      const namespace = namespaceOf(context);
      const { createDiff } = await import("../diff/create.ts");
      const { signal, lease } = context;
      const diff = await createDiff(content, namespace, { left, right, mediaType, ref, labels, signal });
      if (lease !== "") leases.addResource(namespace, lease, { type: "content", id: diff.digest });
      return { diff };
    },
  }));
