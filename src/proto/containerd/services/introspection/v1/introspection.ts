// Generated from proto/containerd/services/introspection/v1/introspection.proto by make proto: change that, not this.
import { Empty } from "../../../../google/protobuf/empty.ts";
import { Platform } from "../../../types/platform.ts";
import { Status } from "../../../../google/rpc/status.ts";
import { many, map, one, text, texts, uint64 } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type Plugin = MessageOf<typeof Plugin>;
export const Plugin = message({
  type: text(1),
  id: text(2),
  requires: texts(3),
  platforms: many(4, Platform),
  exports: map(5, text),
  capabilities: texts(6),
  initErr: one(7, Status),
});

export type PluginsRequest = MessageOf<typeof PluginsRequest>;
export const PluginsRequest = message({
  filters: texts(1),
});

export type PluginsResponse = MessageOf<typeof PluginsResponse>;
export const PluginsResponse = message({
  plugins: many(1, Plugin),
});

export type ServerResponse = MessageOf<typeof ServerResponse>;
export const ServerResponse = message({
  uuid: text(1),
  pid: uint64(2),
  pidns: uint64(3),
});

export type IntrospectionDefinition = typeof IntrospectionDefinition;
export const IntrospectionDefinition = {
  fullName: "containerd.services.introspection.v1.Introspection",
  methods: {
    plugins: unary("Plugins", PluginsRequest, PluginsResponse),
    server: unary("Server", Empty, ServerResponse),
  },
} as const;
