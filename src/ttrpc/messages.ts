/** The envelope messages of ttrpc (ttrpc.Request, ttrpc.Response, google.rpc.Status). */
import { bytes, many, one, text, uint } from "../protobuf/kinds.ts";
import { message } from "../protobuf/message.ts";

export const KeyValue = message({ key: text(1), value: text(2) });

export const Request = message({
  service: text(1),
  method: text(2),
  payload: bytes(3),
  timeoutNano: uint(4),
  metadata: many(5, KeyValue),
});

export const Status = message({ code: uint(1), message: text(2) });

export const Response = message({ status: one(1, Status), payload: bytes(2) });
