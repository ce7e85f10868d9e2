import type { DeepPartial, RequestOf, ResponseOf } from "../../grpc/definition.ts";
import { TaskDefinition } from "../../proto/containerd/task/v2/shim.ts";
import type { CallOptions, Client } from "../../ttrpc/client.ts";

type Methods = typeof TaskDefinition.methods;

/** A shim's task service. Errors come with the kind and the text that the shim gave them. */
export type TaskClient = {
  readonly [K in keyof Methods]: (
    request: DeepPartial<RequestOf<Methods[K]>>,
    options?: CallOptions,
  ) => Promise<ResponseOf<Methods[K]>>;
};

interface AnyCodec {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  fromPartial(partial: object): object;
}

/** The task service over an open ttrpc connection: that of a shim's version, whose messages are the same. */
export function taskClient(connection: Client, version = 2): TaskClient {
  const service = version >= 3 ? "containerd.task.v3.Task" : TaskDefinition.fullName;
  const client: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(TaskDefinition.methods)) {
    const request = method.requestType as AnyCodec;
    const response = method.responseType as AnyCodec;
    client[key] = async (partial: object, options?: CallOptions) => {
      const payload = request.encode(request.fromPartial(partial)).finish();
      return response.decode(await connection.call(service, method.name, payload, options));
    };
  }
  return client as TaskClient;
}
