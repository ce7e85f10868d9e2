import { invalidArgument, notImplemented } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import type { ContentStore } from "../content/store.ts";
import { namespaceOf } from "../metadata/validate.ts";

/** The archive code is loaded when a layer is first applied or made. */
export const diffService = (content: ContentStore) =>
  service(DiffDefinition, () => ({
    async apply({ diff, mounts }, context) {
      if (!diff) throw invalidArgument("diff is missing in the request: invalid argument");
      const { applyDiff } = await import("../diff/apply.ts");
      return { applied: await applyDiff(content, namespaceOf(context), diff, mounts, context.signal) };
    },
    diff() {
      throw notImplemented("diff create: making a layer from two snapshots is not implemented yet");
    },
  }));
