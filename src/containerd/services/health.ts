import { notFound } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import {
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from "../../proto/grpc/health/v1/health.ts";

const serving = { status: HealthCheckResponse_ServingStatus.SERVING };

function check(request: HealthCheckRequest) {
  if (request.service !== "") throw notFound("unknown service");
  return serving;
}

/** grpc.health.v1: the daemon listens only when it can serve, so the answer is always the same. */
export const healthService = () =>
  service(HealthDefinition, () => ({
    check,
    async *watch(request, { signal }) {
      yield check(request);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  }));
