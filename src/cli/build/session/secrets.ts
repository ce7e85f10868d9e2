import { notFound } from "../../../errors/errors.ts";
import { GetSecretRequest, GetSecretResponse } from "../../../proto/moby/buildkit/secrets/v1/secrets.ts";
import type { Methods } from "./serve.ts";

/** moby.buildkit.secrets.v1.Secrets, of these values by id. */
export function secretMethods(secrets: ReadonlyMap<string, Uint8Array>): Methods {
  return {
    async *"/moby.buildkit.secrets.v1.Secrets/GetSecret"(messages) {
      for await (const message of messages) {
        const { ID } = GetSecretRequest.decode(message);
        const data = secrets.get(ID);
        if (!data) throw notFound(`secret ${ID} not found`);
        yield GetSecretResponse.encode({ data });
      }
    },
  };
}
