// Generated from proto/moby/sshforward/v1/ssh.proto by make proto: change that, not this.
import { bytes, text } from "../../../../protobuf/kinds.ts";
import { duplex, unary } from "../../../../protobuf/service.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";

export type BytesMessage = MessageOf<typeof BytesMessage>;
export const BytesMessage = message({
  data: bytes(1),
});

export type CheckAgentRequest = MessageOf<typeof CheckAgentRequest>;
export const CheckAgentRequest = message({
  ID: text(1),
});

export type CheckAgentResponse = MessageOf<typeof CheckAgentResponse>;
export const CheckAgentResponse = message({});

export type SSHDefinition = typeof SSHDefinition;
export const SSHDefinition = {
  fullName: "moby.sshforward.v1.SSH",
  methods: {
    checkAgent: unary("CheckAgent", CheckAgentRequest, CheckAgentResponse),
    forwardAgent: duplex("ForwardAgent", BytesMessage, BytesMessage),
  },
} as const;
