import { TaskDefinition } from "../../proto/containerd/task/v2/shim.ts";
import type { DeepPartial } from "../../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf } from "../../protobuf/service.ts";
import type { CallOptions, Client } from "../../ttrpc/client.ts";

type Methods = typeof TaskDefinition.methods;

/** A shim's task service. Errors come with the kind and the text that the shim gave them. */
export type TaskClient = {
  readonly [K in keyof Methods]: (
    request: DeepPartial<RequestOf<Methods[K]>>,
    options?: CallOptions,
  ) => Promise<ResponseOf<Methods[K]>>;
};

/** The task service over an open ttrpc connection: that of a shim's version, whose messages are the same. */
export function taskClient(connection: Client, version = 2): TaskClient {
  const service = version >= 3 ? "containerd.task.v3.Task" : TaskDefinition.fullName;
  const client: Record<string, unknown> = {};
  const methods: Record<string, MethodDefinition> = TaskDefinition.methods;
  for (const [key, { name, requestType, responseType }] of Object.entries(methods)) {
    client[key] = async (partial: object, options?: CallOptions) => {
      const payload = requestType.encode(partial);
      return responseType.decode(await connection.call(service, name, payload, options));
    };
  }
  return client as TaskClient;
}
