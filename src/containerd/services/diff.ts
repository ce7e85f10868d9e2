import { notImplemented } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import type { ContentStore } from "../content/store.ts";

export const diffService = (_content: ContentStore) =>
  service(DiffDefinition, () => ({
    apply() {
      throw notImplemented("diff apply: not implemented");
    },
    diff() {
      throw notImplemented("diff create: not implemented");
    },
  }));
