// Generated from proto/ttrpc/request.proto by make proto: change that, not this.
import { Status } from "../google/rpc/status.ts";
import { bytes, int64, many, one, text, texts } from "../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../protobuf/message.ts";

export type KeyValue = MessageOf<typeof KeyValue>;
export const KeyValue = message({
  key: text(1),
  value: text(2),
});

/** What travels in ttrpc frames: requests, responses, and metadata pairs. */
export type Request = MessageOf<typeof Request>;
export const Request = message({
  service: text(1),
  method: text(2),
  payload: bytes(3),
  timeoutNano: int64(4),
  metadata: many(5, KeyValue),
});

export type Response = MessageOf<typeof Response>;
export const Response = message({
  status: one(1, Status),
  payload: bytes(2),
});

export type StringList = MessageOf<typeof StringList>;
export const StringList = message({
  list: texts(1),
});
