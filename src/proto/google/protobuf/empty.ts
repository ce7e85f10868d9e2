// Generated from proto/google/protobuf/empty.proto by make proto: change that, not this.
import { message, type MessageOf } from "../../../protobuf/message.ts";

export type Empty = MessageOf<typeof Empty>;
export const Empty = message({});
