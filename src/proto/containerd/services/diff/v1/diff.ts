// Generated from proto/containerd/services/diff/v1/diff.proto by make proto: change that, not this.
import { Any } from "../../../../google/protobuf/any.ts";
import { Descriptor } from "../../../types/descriptor.ts";
import { Mount } from "../../../types/mount.ts";
import { many, map, one, text } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type ApplyRequest = MessageOf<typeof ApplyRequest>;
export const ApplyRequest = message({
  diff: one(1, Descriptor),
  mounts: many(2, Mount),
  payloads: map(3, (value) => one(value, Any)),
});

export type ApplyResponse = MessageOf<typeof ApplyResponse>;
export const ApplyResponse = message({
  applied: one(1, Descriptor),
});

export type DiffRequest = MessageOf<typeof DiffRequest>;
export const DiffRequest = message({
  left: many(1, Mount),
  right: many(2, Mount),
  mediaType: text(3),
  ref: text(4),
  labels: map(5, text),
});

export type DiffResponse = MessageOf<typeof DiffResponse>;
export const DiffResponse = message({
  diff: one(3, Descriptor),
});

export type DiffDefinition = typeof DiffDefinition;
export const DiffDefinition = {
  fullName: "containerd.services.diff.v1.Diff",
  methods: {
    apply: unary("Apply", ApplyRequest, ApplyResponse),
    diff: unary("Diff", DiffRequest, DiffResponse),
  },
} as const;
