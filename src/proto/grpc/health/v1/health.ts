// Generated from proto/grpc/health/v1/health.proto by make proto: change that, not this.
import { choice, text } from "../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../protobuf/message.ts";
import { serverStream, unary } from "../../../../protobuf/service.ts";

export enum HealthCheckResponse_ServingStatus {
  UNKNOWN = 0,
  SERVING = 1,
  NOT_SERVING = 2,
  SERVICE_UNKNOWN = 3,
}

export type HealthCheckRequest = MessageOf<typeof HealthCheckRequest>;
export const HealthCheckRequest = message({
  service: text(1),
});

export type HealthCheckResponse = MessageOf<typeof HealthCheckResponse>;
export const HealthCheckResponse = message({
  status: choice<HealthCheckResponse_ServingStatus>(1),
});

export type HealthDefinition = typeof HealthDefinition;
export const HealthDefinition = {
  fullName: "grpc.health.v1.Health",
  methods: {
    check: unary("Check", HealthCheckRequest, HealthCheckResponse),
    watch: serverStream("Watch", HealthCheckRequest, HealthCheckResponse),
  },
} as const;
