// Generated from proto/containerd/services/version/v1/version.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { text } from "../../../../../protobuf/kinds.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type VersionResponse = MessageOf<typeof VersionResponse>;
export const VersionResponse = message({
  version: text(1),
  revision: text(2),
});

export type VersionDefinition = typeof VersionDefinition;
export const VersionDefinition = {
  fullName: "containerd.services.version.v1.Version",
  methods: {
    version: unary("Version", Empty, VersionResponse),
  },
} as const;
