// Generated from proto/runtimeoptions/v1/api.proto by make proto: change that, not this.
import { bytes, text } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type Options = MessageOf<typeof Options>;
export const Options = message({
  typeUrl: text(1),
  configPath: text(2),
  configBody: bytes(3),
});
