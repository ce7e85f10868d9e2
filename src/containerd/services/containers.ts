import { invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import {
  type Container,
  ContainersDefinition,
} from "../../proto/containerd/services/containers/v1/containers.ts";
import type { EventExchange } from "../events/exchange.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import { namespaceOf } from "../metadata/validate.ts";

function required(container: Container | undefined): Container {
  if (!container) throw invalidArgument("container is missing in the request: invalid argument");
  return container;
}

export const containersService = (store: ContainerStore, events: EventExchange) =>
  service(ContainersDefinition, () => ({
    get: ({ id }, context) => ({ container: store.get(namespaceOf(context), id) }),
    list: ({ filters }, context) => ({ containers: store.list(namespaceOf(context), filters) }),
    async *listStream({ filters }, context) {
      for (const container of store.list(namespaceOf(context), filters)) yield { container };
    },
    create(request, context) {
      const namespace = namespaceOf(context);
      const container = store.create(namespace, required(request.container));
      const { id, image, runtime } = container;
      events.publish(namespace, "/containers/create", { id, image, runtime });
      return { container };
    },
    update(request, context) {
      const namespace = namespaceOf(context);
      const container = store.update(namespace, required(request.container), request.updateMask?.paths);
      const { id, image, labels, snapshotKey } = container;
      events.publish(namespace, "/containers/update", { id, image, labels, snapshotKey });
      return { container };
    },
    delete({ id }, context) {
      const namespace = namespaceOf(context);
      store.delete(namespace, id);
      events.publish(namespace, "/containers/delete", { id });
      return {};
    },
  }));
