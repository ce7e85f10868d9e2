// Generated from proto/moby/buildkit/secrets/v1/secrets.proto by make proto: change that, not this.
import { bytes, map, text } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type GetSecretRequest = MessageOf<typeof GetSecretRequest>;
export const GetSecretRequest = message({
  ID: text(1),
  annotations: map(2, text),
});

export type GetSecretResponse = MessageOf<typeof GetSecretResponse>;
export const GetSecretResponse = message({
  data: bytes(1),
});

export type SecretsDefinition = typeof SecretsDefinition;
export const SecretsDefinition = {
  fullName: "moby.buildkit.secrets.v1.Secrets",
  methods: {
    getSecret: unary("GetSecret", GetSecretRequest, GetSecretResponse),
  },
} as const;
