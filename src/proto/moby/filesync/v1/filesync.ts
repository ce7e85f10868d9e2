// Generated from proto/moby/filesync/v1/filesync.proto by make proto: change that, not this.
import { Packet } from "../../../fsutil/types/wire.ts";
import { bytes, text } from "../../../../protobuf/kinds.ts";
import { duplex, unary } from "../../../../protobuf/service.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";

export type BytesMessage = MessageOf<typeof BytesMessage>;
export const BytesMessage = message({
  data: bytes(1),
});

export type CredentialsRequest = MessageOf<typeof CredentialsRequest>;
export const CredentialsRequest = message({
  Host: text(1),
});

export type CredentialsResponse = MessageOf<typeof CredentialsResponse>;
export const CredentialsResponse = message({
  Username: text(1),
  Secret: text(2),
});

/** Folders of the client, sent to the engine. */
export type FileSyncDefinition = typeof FileSyncDefinition;
export const FileSyncDefinition = {
  fullName: "moby.filesync.v1.FileSync",
  methods: {
    diffCopy: duplex("DiffCopy", Packet, Packet),
  },
} as const;

/** Results, sent to the client: bytes of an archive. */
export type FileSendDefinition = typeof FileSendDefinition;
export const FileSendDefinition = {
  fullName: "moby.filesync.v1.FileSend",
  methods: {
    diffCopy: duplex("DiffCopy", BytesMessage, BytesMessage),
  },
} as const;

/** The client's credentials for registries. */
export type AuthDefinition = typeof AuthDefinition;
export const AuthDefinition = {
  fullName: "moby.filesync.v1.Auth",
  methods: {
    credentials: unary("Credentials", CredentialsRequest, CredentialsResponse),
  },
} as const;
