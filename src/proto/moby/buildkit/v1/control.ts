// Generated from proto/moby/buildkit/v1/control.proto by make proto: change that, not this.
import { Timestamp } from "../../../google/protobuf/timestamp.ts";
import { bytes, contents, flag, int64, many, one, text, texts } from "../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";

/** A step. */
export type Vertex = MessageOf<typeof Vertex>;
export const Vertex = message({
  digest: text(1),
  inputs: texts(2),
  name: text(3),
  cached: flag(4),
  started: one(5, Timestamp),
  completed: one(6, Timestamp),
  error: text(7),
});

export type VertexStatus = MessageOf<typeof VertexStatus>;
export const VertexStatus = message({
  ID: text(1),
  vertex: text(2),
  name: text(3),
  current: int64(4),
  total: int64(5),
  timestamp: one(6, Timestamp),
  started: one(7, Timestamp),
  completed: one(8, Timestamp),
});

export type VertexLog = MessageOf<typeof VertexLog>;
export const VertexLog = message({
  vertex: text(1),
  timestamp: one(2, Timestamp),
  /** 1 stdout, 2 stderr. */
  stream: int64(3),
  msg: bytes(4),
});

export type VertexWarning = MessageOf<typeof VertexWarning>;
export const VertexWarning = message({
  vertex: text(1),
  level: int64(2),
  short: bytes(3),
  detail: contents(4),
  url: text(5),
});

/** What a build tells of its progress. */
export type StatusResponse = MessageOf<typeof StatusResponse>;
export const StatusResponse = message({
  vertexes: many(1, Vertex),
  statuses: many(2, VertexStatus),
  logs: many(3, VertexLog),
  warnings: many(4, VertexWarning),
});
